//! The section `detect.checkpoints`, and the secrets in it.

use std::collections::BTreeMap;

use super::*;

#[test]
fn there_are_no_checkpoints_unless_somebody_says_where() {
    let config = load("").unwrap().detect.checkpoints;
    assert_eq!((config.location, config.keep, config.size), (None, 3, 256 << 20));
    let folder = load("detect: { checkpoints: { url: /mnt/checkpoints, interval: 5m } }").unwrap().detect.checkpoints;
    assert_eq!(folder.location.unwrap().to_string(), "/mnt/checkpoints");
    assert_eq!(folder.interval, Duration::from_mins(5));
}

#[test]
fn each_mistake_says_what_would_be_right() {
    let cases = [
        (
            "{ url: ftp://a/b }",
            "url: \"ftp://a/b\" cannot be used: there is no object store ftp; write a folder such as \
             file:///mnt/tidewatch, a bucket such as s3://bucket/prefix, gs://bucket/prefix or az://container/prefix, or none",
        ),
        (
            "{ url: s3://bucket, options: { aws_regoin: eu } }",
            "options.aws_regoin: S3 has no setting aws_regoin; see the settings of the crate object_store for S3, such as \
             aws_region",
        ),
        (
            "{ url: s3://bucket, options: { aws_secret_access_key: hunter2 } }",
            "options.aws_secret_access_key: a secret must not be written into the configuration; write { file: path } or \
             { env: NAME }, which say where it is",
        ),
        #[cfg(feature = "azure")]
        (
            "{ url: az://container, options: { aws_region: eu } }",
            "options.aws_region: Azure Blob Storage has no setting aws_region; see the settings of the crate object_store for \
             Azure Blob Storage, such as azure_storage_account_name",
        ),
        ("{ url: /mnt/a, options: { aws_region: eu } }", "options.aws_region: a folder has no options; remove it"),
        ("{ interval: 0s }", "interval: \"0s\" is out of range; write 1s to 1d"),
        ("{ keep: 0 }", "keep: 0 is out of range; write 1 to 1000"),
    ];
    for (section, expected) in cases {
        let mistakes = mistakes(&format!("detect: {{ checkpoints: {section} }}\n"));
        assert_eq!(mistakes, [format!("a.yaml: detect.checkpoints.{expected}")], "{section}");
    }
}

#[test]
fn secrets_are_read_when_they_are_needed_and_never_shown() {
    let yaml = "detect: { checkpoints: { url: 's3://bucket', options: { aws_secret_access_key: { env: KEY }, aws_region: eu } } }";
    let config = load(yaml).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let environment = BTreeMap::from([("KEY".to_owned(), "hunter2".to_owned())]);
    let options = config.detect.checkpoints.resolved(&environment).unwrap();
    assert_eq!((options["aws_secret_access_key"].as_str(), options["aws_region"].as_str()), ("hunter2", "eu"));
    let missing = config.detect.checkpoints.resolved(&BTreeMap::new()).unwrap_err().to_string();
    let expected =
        "configuration: detect.checkpoints.options.aws_secret_access_key: environment variable KEY is not set";
    assert_eq!(missing, expected);
    let given = ("TIDEWATCH__DETECT__CHECKPOINTS__OPTIONS__AWS_SECRET_ACCESS_KEY", "hunter2");
    let config = load_with("detect: { checkpoints: { url: 's3://bucket' } }", &[given], &[]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
}
