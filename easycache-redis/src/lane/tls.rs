//! Encryption.

use std::{io, path::Path, sync::Arc};

use easycache_core::{Error, Result};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::stream::Stream;
use crate::{config::Address, error};

/// Whose certificates are trusted.
#[derive(Clone)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts what is in that file, or what the operating system trusts.
    pub(crate) fn new(ca: Option<&Path>) -> Result<Self> {
        let roots = match ca {
            Some(file) => of_file(file)?,
            None => of_system()?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|wrong| error::invalid(format!("TLS cannot be set up: {wrong}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(super) async fn wrap(&self, tcp: TcpStream, address: &Address) -> Result<Box<dyn Stream>> {
        let name = ServerName::try_from(address.host().to_owned())
            .map_err(|wrong| error::invalid(format!("{address} is no name that a certificate can have: {wrong}")))?;
        let connected = TlsConnector::from(Arc::clone(&self.0)).connect(name, tcp).await;
        let stream = connected.map_err(|failed| untrusted(address, &failed))?;
        Ok(Box::new(stream))
    }
}

fn untrusted(address: &Address, failed: &io::Error) -> Error {
    match failed.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(cause @ rustls::Error::InvalidCertificate(_)) => {
            let advice = "give the certificate of who has signed it as ca=/path/to/file.pem";
            error::refused(address, format_args!("has a certificate that is not trusted ({cause}): {advice}"))
        }
        Some(cause) => {
            let what = format!("does not speak TLS as it should ({cause}): if the port is a plain one, use redis://");
            error::refused(address, what)
        }
        None => {
            let what = format!("{failed} while TLS was set up; if the port is a plain one, use redis://");
            error::unreachable(address, what)
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

fn of_file(file: &Path) -> Result<RootCertStore> {
    let unusable = |why: &dyn std::fmt::Display| {
        error::invalid(format!("ca={} cannot be used: {why}; it must be a PEM file of certificates", file.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|wrong| unusable(&wrong))? {
        let certificate = certificate.map_err(|wrong| unusable(&wrong))?;
        roots.add(certificate).map_err(|wrong| unusable(&wrong))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"there is no certificate in it"));
    }
    Ok(roots)
}

fn of_system() -> Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        let message = format!("the operating system has no certificates to trust{why}: install them, or give ca=");
        return Err(error::invalid(message));
    }
    Ok(roots)
}
