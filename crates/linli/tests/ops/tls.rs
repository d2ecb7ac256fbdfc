//! Passwords never travel readable: TLS of our own, and nothing else beyond loopback.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Answer, At, get_with, text, try_ask};

pub fn certificate(folder: &Path) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (chain.to_string_lossy().into_owned(), key.to_string_lossy().into_owned())
}

fn ask(address: &str, chain: &str, request: &str) -> Answer {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(chain).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(address).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let mut raw = Vec::new();
    // The other side may close without the last word of TLS.
    let _ = stream.read_to_end(&mut raw);
    Answer::read(&raw).expect("an answer over TLS")
}

#[test]
fn over_tls_cookies_are_locked_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = certificate(folder.path());
    let at = At::sqlite(folder.path().join("data"));
    let served =
        at.serve_with(&["--listen", "127.0.0.1:0", "--tls-cert", &chain, "--tls-key", &key, "--base-url", "https://localhost"]);
    let health = ask(&served.address, &chain, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(health.status, 200);
    assert_eq!(health.header("strict-transport-security").as_deref(), Some("max-age=31536000"));
    // The first administrator comes in, and his session is bound to TLS.
    let link =
        served.said.iter().find_map(|line| line.split_once("https://localhost/setup/")).expect("a setup link").1.to_owned();
    let form = "name=%E5%BC%A0&login=admin&password=Correct-Horse-9-Battery";
    let request = format!(
        "POST /setup/{link} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let entered = ask(&served.address, &chain, &request);
    assert_eq!(entered.status, 303, "{}", entered.text());
    let cookie = entered.header("set-cookie").expect("a session");
    assert!(cookie.starts_with("__Host-linli="), "{cookie}");
    for word in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let own = format!("GET /account HTTP/1.1\r\nHost: localhost\r\nCookie: {pair}\r\nConnection: close\r\n\r\n");
    assert_eq!(ask(&served.address, &chain, &own).status, 200);
    // The name without the prefix opens nothing over TLS: anybody beside us on the network could have set it.
    let bare = own.replace("__Host-linli", "linli");
    assert_eq!(ask(&served.address, &chain, &bare).status, 401);
    // Plain HTTP at the same door gets no page.
    let plain = try_ask(&served.address, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"");
    assert!(plain.is_none(), "answered in the clear: {plain:?}");
}

#[test]
fn nothing_in_the_clear_beyond_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let at = At::sqlite(folder.path().join("data"));
    let said = at.refused(&["serve", "--listen", "0.0.0.0:0"]);
    assert!(said.contains("refusing plain HTTP") && said.contains("--tls-cert") && said.contains("--behind-proxy"), "{said}");
    let (chain, key) = certificate(folder.path());
    assert!(at.refused(&["serve", "--listen", "0.0.0.0:0", "--tls-cert", &chain]).contains("--tls-key"));
    let said = at.refused(&["serve", "--listen", "0.0.0.0:0", "--tls-cert", &key, "--tls-key", &key]);
    assert!(said.contains("no certificate") || said.contains("cannot read"), "{said}");
    let other = tempfile::tempdir().unwrap();
    let (_, foreign) = certificate(other.path());
    let said = at.refused(&["serve", "--listen", "0.0.0.0:0", "--tls-cert", &chain, "--tls-key", &foreign]);
    assert!(said.contains("certificate and key cannot be used"), "{said}");
    drop(at.serve_with(&["--listen", "0.0.0.0:0", "--tls-cert", &chain, "--tls-key", &key]));

    // Behind a proxy that is named as one, its word counts; without it, nobody's does.
    let behind = at.serve_with(&["--listen", "0.0.0.0:0", "--behind-proxy"]);
    let address = behind.address.replace("0.0.0.0", "127.0.0.1");
    let answer = get_with(&address, "/login", "X-Forwarded-Proto: https\r\n");
    assert!(answer.header("strict-transport-security").is_some(), "{}", answer.head);
    drop(behind);
    let open = at.serve();
    let answer = get_with(&open.address, "/login", "X-Forwarded-Proto: https\r\n");
    assert!(answer.header("strict-transport-security").is_none(), "{}", text(answer.head.as_bytes()));
}
