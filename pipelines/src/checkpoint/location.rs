//! Where checkpoints and the lake go, as a URL: a folder, or a bucket of an object store.

mod provider;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use url::Url;

pub use provider::Provider;

use super::error::CheckpointError;
use super::remote::{Patience, Remote};

/// Where checkpoints go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A folder, for example of a network file system.
    Folder(PathBuf),
    /// A bucket, and what names in it begin with.
    Bucket {
        /// Whose object store it is in.
        provider: Provider,
        /// `s3://bucket`, `gs://bucket`, `az://container`
        bucket: Url,
        /// What names begin with; may be empty.
        prefix: Path,
    },
}

impl FromStr for Location {
    type Err = String;

    /// Reads `file:///folder`, `/folder`, `folder`, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains("://") {
            return Ok(Self::Folder(PathBuf::from(text)));
        }
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        match url.scheme() {
            "file" => {
                url.to_file_path().map(Self::Folder).map_err(|()| "it names no folder of this machine".to_owned())
            }
            _ => bucket(&url),
        }
    }
}

fn bucket(url: &Url) -> Result<Location, String> {
    let (provider, scheme) = Provider::of_scheme(url.scheme())?;
    let name = url.host_str().filter(|name| !name.is_empty()).ok_or("it names no bucket")?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err("it holds more than a bucket and a prefix".to_owned());
    }
    let prefix = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
    let bucket = Url::parse(&format!("{scheme}://{name}")).map_err(|error| error.to_string())?;
    Ok(Location::Bucket { provider, bucket, prefix })
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(out, "{}", folder.display()),
            Self::Bucket { bucket, prefix, .. } if prefix.as_ref().is_empty() => write!(out, "{bucket}"),
            Self::Bucket { bucket, prefix, .. } => write!(out, "{bucket}/{prefix}"),
        }
    }
}

impl Location {
    /// Reaches it. `options` are those of the bucket; a folder has none, and is made when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made, or the options do not fit together.
    pub fn reach(&self, options: &BTreeMap<String, String>, patience: Patience) -> Result<Remote, CheckpointError> {
        let url = self.to_string();
        let store = self.objects(options).map_err(|cause| CheckpointError::Place { url: url.clone(), cause })?;
        Remote::new(store, url, patience)
    }

    /// The object store there, whose root is this place. A folder is made when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made, or the options do not fit together.
    pub fn objects(&self, options: &BTreeMap<String, String>) -> Result<Arc<dyn ObjectStore>, String> {
        match self {
            Self::Folder(folder) => {
                let cannot = |error: std::io::Error| format!("cannot make {}: {error}", folder.display());
                std::fs::create_dir_all(folder).map_err(cannot)?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string())?;
                Ok(Arc::new(store))
            }
            Self::Bucket { provider, bucket, prefix } => {
                let store = provider.reach(bucket, options).map_err(|error| error.to_string())?;
                Ok(Arc::new(PrefixStore::new(store, prefix.clone())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_folders_and_buckets() {
        let cases = [
            ("/mnt/checkpoints", "/mnt/checkpoints"),
            ("file:///mnt/a%20b", "/mnt/a b"),
            ("checkpoints", "checkpoints"),
            ("s3://bucket", "s3://bucket"),
            ("s3://bucket/a/b/", "s3://bucket/a/b"),
            ("s3a://bucket/a", "s3://bucket/a"),
            #[cfg(feature = "gcs")]
            ("gcs://bucket/a", "gs://bucket/a"),
            #[cfg(feature = "azure")]
            ("az://container/a", "az://container/a"),
        ];
        for (text, shown) in cases {
            assert_eq!(text.parse::<Location>().unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_place_says_why() {
        let cases = [
            ("ftp://host/a", "there is no object store ftp"),
            ("s3:///a", "it names no bucket"),
            ("s3://key:secret@bucket", "it holds more than a bucket and a prefix"),
            ("file://host/a", "it names no folder of this machine"),
        ];
        for (text, expected) in cases {
            let said = text.parse::<Location>().unwrap_err();
            assert_eq!(said, expected, "{text}");
        }
    }

    #[test]
    fn a_bucket_is_reached_with_its_options() {
        let bucket: Location = "s3://bucket/a".parse().unwrap();
        let options = [("aws_region", "eu-1"), ("aws_access_key_id", "a"), ("aws_secret_access_key", "b")];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let remote = bucket.reach(&BTreeMap::from(options), Patience::USUAL).unwrap();
        assert_eq!(remote.url(), "s3://bucket/a");
        let wrong = BTreeMap::from([("aws_regoin".to_owned(), "eu-1".to_owned())]);
        assert!(bucket.reach(&wrong, Patience::USUAL).unwrap_err().to_string().contains("aws_regoin"));
    }
}
