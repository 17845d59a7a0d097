//! What checkpoints ask of a bucket, one call at a time.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::thread;

use object_store::path::Path;
use tidewatch_pipelines::checkpoint::remote::Creation;
use tidewatch_pipelines::checkpoint::transfer::{Move, hash_of};
use tidewatch_pipelines::checkpoint::{Epoch, Location, Patience, choice, epoch, name};
use tidewatch_tests::bucket::{self, Bucket, remote};
use tidewatch_tests::detour::{Detour, Mishap};

/// Objects that one answer to a listing names.
const PAGE: u32 = 7;

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn of_two_that_claim_one_epoch_exactly_one_gets_it() {
    let bucket = Bucket::start(PAGE);
    for turn in 1..=40 {
        let start = Arc::new(Barrier::new(2));
        let claimants = ["one", "other"].map(|claimant| {
            let (remote, start) = (remote(bucket.address(), "a", 1), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                remote.create(&name::epoch(3, Epoch(turn)), claimant.as_bytes()).expect("it answers")
            })
        });
        let created = claimants.map(|claimant| claimant.join().expect("it ends"));
        let winners = created.iter().filter(|creation| **creation == Creation::Ours).count();
        assert_eq!(winners, 1, "epoch {turn}: {created:?}");
    }
    assert_eq!(epoch::highest(&remote(bucket.address(), "a", 1), 3).expect("it lists"), Some(Epoch(40)));
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn no_epoch_is_claimed_twice_however_many_claim() {
    let bucket = Bucket::start(PAGE);
    let claimants: Vec<_> = (0..4)
        .map(|thread| {
            let remote = remote(bucket.address(), "a", 1);
            let claim =
                move |turn| epoch::claim(&remote, 3, Epoch(0), &format!("{thread}/{turn}")).expect("it answers");
            thread::spawn(move || (0..10).map(claim).collect::<Vec<_>>())
        })
        .collect();
    let claimed: Vec<Epoch> = claimants.into_iter().flat_map(|each| each.join().expect("it ends")).collect();
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 40, "{claimed:?}");
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn what_comes_in_pages_is_listed_whole_and_only_of_its_folder() {
    let bucket = Bucket::start(PAGE);
    let here = remote(bucket.address(), "a/b", 1);
    let there = remote(bucket.address(), "a", 1);
    let file = |partition, number| Path::from(format!("sst/{partition}/{number:03}"));
    for number in 0..5 * PAGE + 3 {
        here.create(&file(1, number), b"x").expect("it answers");
    }
    // Partitions whose numbers begin alike, and more partitions than a page has.
    for partition in 10..10 + 2 * PAGE {
        here.create(&file(partition, 0), b"x").expect("it answers");
    }
    let names: Vec<String> = here.list(&Path::from("sst/1")).expect("it lists").into_iter().map(|it| it.name).collect();
    assert_eq!(names, (0..5 * PAGE + 3).map(|number| format!("{number:03}")).collect::<Vec<_>>());
    assert_eq!(here.folders(&Path::from("sst")).expect("it lists").len(), 1 + 2 * PAGE as usize);
    assert!(here.list(&Path::from("sst/2")).expect("it lists").is_empty());
    assert!(there.list(&Path::from("sst/1")).expect("it lists").is_empty(), "another prefix is another place");
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn objects_are_found_and_removed_and_what_is_not_there_is_no_error() {
    let bucket = Bucket::start(PAGE);
    let remote = remote(bucket.address(), "a", 1);
    let path = Path::from("manifests/3/x");
    assert_eq!(remote.find(&path).expect("it answers"), None);
    assert_eq!(remote.length(&path).expect("it answers"), None);
    remote.remove(&path).expect("it answers");
    assert_eq!(remote.create(&path, b"one").expect("it answers"), Creation::Ours);
    assert_eq!(remote.create(&path, b"one").expect("it answers"), Creation::Ours, "its content tells whose it is");
    assert_eq!(remote.create(&path, b"another").expect("it answers"), Creation::Another);
    assert_eq!(remote.find(&path).expect("it answers").as_deref(), Some(b"one".as_slice()));
    assert_eq!(remote.length(&path).expect("it answers"), Some(3));
    remote.remove(&path).expect("it answers");
    assert_eq!(remote.find(&path).expect("it answers"), None);
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn files_of_any_length_come_back_as_they_were() {
    let bucket = Bucket::start(PAGE);
    let remote = remote(bucket.address(), "a", 1);
    let folder = tempfile::tempdir().expect("a folder");
    // One object, an object in pieces, and an object in pieces whose last is short.
    let moves = [0, 1, 8 << 20, 16 << 20, (17 << 20) + 5].map(|length: usize| {
        let file = folder.path().join(length.to_string());
        let content: Vec<u8> = (0..=250_u8).cycle().take(length).collect();
        std::fs::write(&file, content).expect("it can be written");
        let hash = hash_of(&file).expect("it can be read");
        Move { object: name::file(3, name::Kind::Table, &hash), file, bytes: length as u64, hash }
    });
    remote.upload(&moves).expect("it takes them");
    let back = moves.clone().map(|one| Move { file: one.file.with_extension("back"), ..one });
    remote.download(&back).expect("it gives them");
    for (one, back) in moves.iter().zip(&back) {
        let [one, back] = [one, back].map(|each| std::fs::read(&each.file).expect("it is there"));
        assert!(one == back, "{} bytes", one.len());
    }
}

#[test]
#[ignore = "needs a bucket: make test-s3"]
fn what_is_configured_wrongly_is_named() {
    let bucket = Bucket::start(PAGE);
    let other: Location = "s3://none-of-this-name/a".parse().expect("a URL");
    let mut options = bucket::options(bucket.address());
    options.extend(bucket::CREDENTIALS.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let other = other.reach(&options, Patience::USUAL).expect("the options are right");
    let error = choice::latest(&other, None, 3, &[]).expect_err("there is no such bucket");
    let said = error.to_string();
    assert!(said.contains("s3://none-of-this-name/a") && said.contains("make the bucket, or correct"), "{said}");
    for (status, advice) in [("403 Forbidden", "give the rights to"), ("401 Unauthorized", "set the credentials in")] {
        let detour = Detour::to(bucket.address(), move |_| Mishap::Denied(status));
        let remote = remote(detour.address(), "a", 1);
        for error in [
            choice::latest(&remote, None, 3, &[]).expect_err("a list is refused"),
            remote.find(&Path::from("a")).expect_err("an object is refused"),
            remote.create(&Path::from("a"), b"x").expect_err("a creation is refused"),
        ] {
            assert!(error.to_string().contains(advice), "{status}: {error}");
            assert!(error.passes(), "credentials expire and are renewed: {error}");
        }
    }
    let gone = bucket.address().to_owned();
    drop(bucket);
    let error = choice::latest(&remote(&gone, "a", 1), None, 3, &[]).expect_err("nobody answers");
    assert!(error.passes() && error.to_string().contains("see that the object store answers"), "{error}");
}
