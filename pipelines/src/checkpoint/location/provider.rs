//! Whose object store a bucket is in: its options, and the client that reaches it.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{ObjectStore, RetryConfig};
use url::Url;

#[cfg(feature = "azure")]
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
#[cfg(feature = "gcs")]
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

/// How often the client of the object store itself tries, and for how long; more is the matter of
/// [`Patience`](crate::checkpoint::remote::Patience).
const TRIES: usize = 2;
const LONGEST_TRY: Duration = Duration::from_secs(20);

/// Whose object store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// What speaks S3.
    S3,
    /// Google Cloud Storage.
    #[cfg(feature = "gcs")]
    Google,
    /// Azure Blob Storage.
    #[cfg(feature = "azure")]
    Azure,
}

impl Provider {
    /// The provider of a URL's scheme, and the scheme that is shown.
    ///
    /// # Errors
    /// When there is none, or the program was built without it.
    pub fn of_scheme(scheme: &str) -> Result<(Self, &'static str), String> {
        match scheme {
            "s3" | "s3a" => Ok((Self::S3, "s3")),
            #[cfg(feature = "gcs")]
            "gs" | "gcs" => Ok((Self::Google, "gs")),
            #[cfg(not(feature = "gcs"))]
            "gs" | "gcs" => Err("this program was built without its feature gcs".to_owned()),
            #[cfg(feature = "azure")]
            "az" | "azure" => Ok((Self::Azure, "az")),
            #[cfg(not(feature = "azure"))]
            "az" | "azure" => Err("this program was built without its feature azure".to_owned()),
            other => Err(format!("there is no object store {other}")),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            #[cfg(feature = "gcs")]
            Self::Google => "Google Cloud Storage",
            #[cfg(feature = "azure")]
            Self::Azure => "Azure Blob Storage",
        }
    }

    /// An option that many need.
    #[must_use]
    pub fn for_example(self) -> &'static str {
        match self {
            Self::S3 => "aws_region",
            #[cfg(feature = "gcs")]
            Self::Google => "google_service_account",
            #[cfg(feature = "azure")]
            Self::Azure => "azure_storage_account_name",
        }
    }

    /// Whether there is an option `name`.
    #[must_use]
    pub fn has_option(self, name: &str) -> bool {
        match self {
            Self::S3 => AmazonS3ConfigKey::from_str(name).is_ok(),
            #[cfg(feature = "gcs")]
            Self::Google => GoogleConfigKey::from_str(name).is_ok(),
            #[cfg(feature = "azure")]
            Self::Azure => AzureConfigKey::from_str(name).is_ok(),
        }
    }

    /// Whether the option `name` is a credential.
    #[must_use]
    pub fn is_credential(self, name: &str) -> bool {
        match self {
            Self::S3 => {
                use AmazonS3ConfigKey as Key;
                matches!(Key::from_str(name), Ok(Key::SecretAccessKey | Key::Token))
                    || name.to_ascii_lowercase().contains("customer_key")
            }
            #[cfg(feature = "gcs")]
            Self::Google => matches!(GoogleConfigKey::from_str(name), Ok(GoogleConfigKey::ServiceAccountKey)),
            #[cfg(feature = "azure")]
            Self::Azure => {
                use AzureConfigKey as Key;
                matches!(
                    Key::from_str(name),
                    Ok(Key::AccessKey | Key::ClientSecret | Key::SasKey | Key::Token | Key::FabricSessionToken)
                )
            }
        }
    }

    /// The object store whose root is the bucket.
    ///
    /// # Errors
    /// When the options do not fit together.
    pub(super) fn reach(
        self,
        bucket: &Url,
        options: &BTreeMap<String, String>,
    ) -> object_store::Result<Arc<dyn ObjectStore>> {
        let retry = RetryConfig { max_retries: TRIES, retry_timeout: LONGEST_TRY, ..RetryConfig::default() };
        match self {
            Self::S3 => {
                let mut builder = AmazonS3Builder::new().with_url(bucket.as_str()).with_retry(retry);
                for (name, value) in options {
                    builder = builder.with_config(AmazonS3ConfigKey::from_str(name)?, value);
                }
                Ok(Arc::new(builder.build()?))
            }
            #[cfg(feature = "gcs")]
            Self::Google => {
                let mut builder = GoogleCloudStorageBuilder::new().with_url(bucket.as_str()).with_retry(retry);
                for (name, value) in options {
                    builder = builder.with_config(GoogleConfigKey::from_str(name)?, value);
                }
                Ok(Arc::new(builder.build()?))
            }
            #[cfg(feature = "azure")]
            Self::Azure => {
                let mut builder = MicrosoftAzureBuilder::new().with_url(bucket.as_str()).with_retry(retry);
                for (name, value) in options {
                    builder = builder.with_config(AzureConfigKey::from_str(name)?, value);
                }
                Ok(Arc::new(builder.build()?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_told_from_other_options() {
        let cases: [(&str, &[&str], &[&str]); 3] = [
            (
                "s3",
                &["aws_secret_access_key", "secret_access_key", "aws_session_token", "token"],
                &["aws_region", "aws_access_key_id", "endpoint", "allow_http"],
            ),
            ("gs", &["google_service_account_key"], &["google_service_account", "google_base_url", "allow_http"]),
            (
                "az",
                &["azure_storage_account_key", "azure_storage_sas_token", "azure_client_secret"],
                &["azure_storage_account_name", "azure_storage_endpoint", "azure_client_id"],
            ),
        ];
        for (scheme, credentials, others) in cases {
            let Ok((provider, _)) = Provider::of_scheme(scheme) else { continue };
            for name in credentials {
                assert!(provider.has_option(name) && provider.is_credential(name), "{scheme} {name}");
            }
            for name in others {
                assert!(provider.has_option(name) && !provider.is_credential(name), "{scheme} {name}");
            }
            assert!(!provider.has_option("aws_regoin"), "{scheme}");
            assert!(provider.has_option(provider.for_example()), "{scheme}");
        }
    }
}
