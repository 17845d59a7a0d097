//! A certificate and its key, as PEM files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tonic::transport::{Identity, ServerTlsConfig};

/// What PostgreSQL's clients say when they speak TLS from the first byte.
const POSTGRESQL: &[u8] = b"postgresql";

/// A certificate with its key.
#[derive(Clone)]
pub struct Certificate {
    chain: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        cause: String,
    },
    /// The files do not hold what they should, or not what belongs together.
    #[error("the certificate cannot be used: {0}")]
    Wrong(String),
}

impl Certificate {
    /// Reads both files and sees whether they can be used.
    ///
    /// # Errors
    /// When they cannot be read, or do not hold a certificate and its key.
    pub fn read(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            let cannot =
                |error: std::io::Error| TlsError::File { path: path.display().to_string(), cause: error.to_string() };
            fs::read(path).map_err(cannot)
        };
        let certificate = Self { chain: read(chain)?, key: read(key)? };
        certificate.acceptor()?;
        Ok(certificate)
    }

    /// The certificate and those that vouch for it, as PEM.
    pub(crate) fn chain(&self) -> &[u8] {
        &self.chain
    }

    /// For PostgreSQL's protocol.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let wrong = |error: &dyn std::fmt::Display| TlsError::Wrong(error.to_string());
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.chain).collect();
        let chain = chain.map_err(|error| wrong(&error))?;
        if chain.is_empty() {
            return Err(TlsError::Wrong("its file holds none; it should be PEM".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| wrong(&error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| wrong(&error))?.with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(|error| wrong(&error))?;
        config.alpn_protocols = vec![POSTGRESQL.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// For Flight SQL.
    pub(crate) fn of_flight(&self) -> ServerTlsConfig {
        ServerTlsConfig::new().identity(Identity::from_pem(&self.chain, &self.key))
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Certificate")
    }
}
