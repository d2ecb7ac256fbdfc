//! The door: TLS, plain only on loopback, slow callers, leaving in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use linli_webkit::serve::{Door, ServeError, listen};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::support::app;

fn plain(listen: &str) -> Door {
    Door { listen: listen.parse().unwrap(), tls: None, behind_proxy: false, max_connections: 8 }
}

async fn say(mut line: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    line.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that closes without a TLS goodbye is an error to rustls, after the whole answer has come.
    let _ = line.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn tls_from_pem_files() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let door = Door { tls: Some((certificate.clone(), key)), ..plain("127.0.0.1:0") };
    let listening = listen(&door).await.unwrap();
    let address = listening.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(listening.serve(app(), async { stopped.await.unwrap_or_default() }));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(made.cert.der().to_vec())).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let line =
        connector.connect(ServerName::try_from("localhost").unwrap(), TcpStream::connect(address).await.unwrap()).await.unwrap();
    let answer = say(line, "/lamp").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("路灯"), "{answer}");

    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), server).await.expect("it leaves").unwrap();

    std::fs::write(&certificate, "nothing").unwrap();
    assert!(matches!(listen(&door).await.unwrap_err(), ServeError::NoCertificate(_)));
    std::fs::remove_file(&certificate).unwrap();
    assert!(matches!(listen(&door).await.unwrap_err(), ServeError::Pem(..)));
}

#[tokio::test]
async fn plain_http_stays_on_loopback() {
    assert!(matches!(listen(&plain("0.0.0.0:0")).await.unwrap_err(), ServeError::PlainBeyondLoopback(_)));
    listen(&Door { behind_proxy: true, ..plain("0.0.0.0:0") }).await.unwrap();
    let taken = listen(&plain("127.0.0.1:0")).await.unwrap();
    assert!(matches!(listen(&plain(&taken.address().to_string())).await.unwrap_err(), ServeError::Listen(..)));
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_callers_wait_their_turn() {
    let (begun, mut under_way) = tokio::sync::mpsc::channel::<()>(4);
    let slow = move || {
        let begun = begun.clone();
        async move {
            begun.send(()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(300)).await;
            "finished"
        }
    };
    let who = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
    let router = Router::new().route("/slow", get(slow)).route("/who", get(who));
    let listening = listen(&Door { max_connections: 1, ..plain("127.0.0.1:0") }).await.unwrap();
    let address = listening.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(listening.serve(router, async { stopped.await.unwrap_or_default() }));

    let first = tokio::spawn(async move { say(TcpStream::connect(address).await.unwrap(), "/slow").await });
    under_way.recv().await.unwrap();
    // The only place is taken: this one waits in the queue of the system and is served after the first.
    let second = say(TcpStream::connect(address).await.unwrap(), "/who").await;
    assert!(first.is_finished() || first.await.unwrap().ends_with("finished"));
    assert!(second.ends_with("127.0.0.1"), "{second}");

    let last = tokio::spawn(async move { say(TcpStream::connect(address).await.unwrap(), "/slow").await });
    under_way.recv().await.unwrap();
    stop.send(()).unwrap();
    assert!(last.await.unwrap().ends_with("finished"), "what is under way when the door closes is finished");
    tokio::time::timeout(Duration::from_secs(5), server).await.expect("it leaves").unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
