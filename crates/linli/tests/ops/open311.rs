//! Open311 from the command line: keys of programs, and the check of a server over the wire.

use crate::both_engines;
use crate::support::At;

both_engines! {
    fn a_key_reports_until_it_is_revoked(at) {
        at.district();
        assert!(at.refused(&["open311-key", "add", "x", "--district", "999999"]).contains("999999 is not served"));
        let key = at.done(&["open311-key", "add", "外部平台"]).trim().to_owned();
        assert!(key.starts_with("o311_") && key.len() > 40, "{key}");
        assert!(at.refused(&["open311-key", "add", "外部平台"]).contains("an open key of this district has this name"));
        let served = at.serve();
        let url = format!("http://{}/open311/v2", served.address);

        let asked = at.done(&["open311-check", &url]);
        assert!(asked.contains("ok   GET services.xml: 200") && asked.contains("there is no request to look at more closely"), "{asked}");
        let written = at.done(&["open311-check", &url, "--api-key", &key, "--write"]);
        assert!(written.contains(", 0 not, ") && written.contains("-000001.xml: 200, 1 in it"), "{written}");
        let closer = at.done(&["open311-check", &url, "--jurisdiction", "320102"]);
        assert!(closer.contains("service_request_id overrides all other arguments"), "{closer}");

        // Another server, which is this one: what is pulled, and what is handed over once.
        assert!(at.refused(&["open311-pull", &url, "--at", "320102"]).contains("127.0.0.1 is a private address; it is asked only when it was said to be inside the own network (--inside)"));
        let dry = at.done(&["open311-pull", &url, "--at", "320102", "--inside", "--dry-run"]);
        assert!(dry.contains(" 0 changed, 0 unchanged, 0 refused (dry run: nothing written)") && !dry.starts_with("0 new"), "{dry}");
        let add = ["open311-remote", "add", "邻区", &url, "--at", "320102", "--inside", "--idempotent", "--no-pull", "--api-key", &key];
        assert!(at.done(&add).contains("every five minutes"));
        assert!(at.refused(&add).contains("is called 邻区 already"));
        let listed = at.done(&["open311-remote", "list"]);
        assert!(listed.starts_with("邻区\thttp://") && listed.contains("with a key") && !listed.contains(&key), "{listed}");
        let year = written.split(".xml: 200, 1 in it").next().unwrap().rsplit('/').next().unwrap().to_owned();
        at.done(&["open311-push", "add", &year, "邻区"]);
        assert!(at.refused(&["open311-remote", "remove", "邻区"]).contains("1 cases are on their way to 邻区"));
        assert!(at.done(&["open311-remote", "run", "邻区"]).trim().ends_with(", 1 sent"));
        assert!(at.done(&["open311-remote", "run", "邻区"]).trim().ends_with(", 0 sent"));
        let handed = at.done(&["open311-push", "list"]);
        assert!(handed.starts_with(&format!("{year}\t邻区\tsent\t")), "{handed}");
        at.done(&["open311-remote", "remove", "邻区"]);
        at.done(&["open311-key", "revoke", "外部平台"]);
        let listed = at.done(&["open311-key", "list"]);
        assert!(listed.starts_with("外部平台\t") && listed.trim().ends_with("\trevoked"), "{listed}");
        assert!(at.refused(&["open311-key", "revoke", "外部平台"]).contains("no open key"));
        let refused = at.refused(&["open311-check", &url, "--api-key", &key, "--write"]);
        assert!(refused.contains("the status is 403, not 200"), "{refused}");
        at.check();
    }
}

#[test]
fn a_server_is_checked_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = crate::tls::certificate(folder.path());
    let at = At::sqlite(folder.path().join("data"));
    at.district();
    let served =
        at.serve_with(&["--listen", "127.0.0.1:0", "--tls-cert", &chain, "--tls-key", &key, "--base-url", "https://localhost"]);
    let port = served.address.rsplit(':').next().unwrap();
    let url = format!("https://localhost:{port}/open311/v2");
    let checked = at.done(&["open311-check", &url, "--ca", &chain]);
    assert!(checked.contains(", 0 not, "), "{checked}");
    let elsewhere = tempfile::tempdir().unwrap();
    // Another certificate is not believed; plain HTTP gets no answer; an address that is none is said to be one.
    let (other, _) = crate::tls::certificate(elsewhere.path());
    assert!(at.refused(&["open311-check", &url, "--ca", &other]).contains("no connection"));
    assert!(at.refused(&["open311-check", &url.replace("https", "http")]).contains("not  "));
    assert!(at.refused(&["open311-check", "city.example"]).contains("is no address"));
}
