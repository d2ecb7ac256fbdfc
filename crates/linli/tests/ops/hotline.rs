//! Keys of the city's hotline from the command line, and what they open over the wire.

use crate::both_engines;
use crate::support::{Answer, At, get_with, try_post};

fn post_json(address: &str, path: &str, more: &str, body: &str) -> Answer {
    try_post(address, path, &format!("Content-Type: application/json\r\n{more}"), body.as_bytes()).expect("an answer")
}

both_engines! {
    fn a_key_sends_tickets_until_it_is_revoked(at) {
        at.district();
        assert!(at.refused(&["hotline-key", "add", "x", "--district", "999999"]).contains("999999 is not served"));
        assert!(at.refused(&["hotline-key", "add", "x", "--place", "NOWHERE"]).contains("there is no place NOWHERE"));
        let key = at.done(&["hotline-key", "add", "市热线"]).trim().to_owned();
        assert!(key.starts_with("l12345_") && key.len() > 40, "{key}");
        assert!(at.refused(&["hotline-key", "add", "市热线"]).contains("an open key of this district has this name"));
        let listed = at.done(&["hotline-key", "list"]);
        assert!(listed.starts_with("市热线\t") && listed.trim().ends_with("\topen") && !listed.contains(&key), "{listed}");
        let served = at.serve();
        let (address, bearer) = (served.address.as_str(), format!("Authorization: Bearer {key}\r\n"));
        let ticket = r#"{"ticket_no":"GD1","content":"整栋停水","received_at":"2026-01-01T08:00:00+08:00"}"#;
        assert_eq!(post_json(address, "/api/v1/hotline/tickets", "", ticket).status, 401, "no key");
        assert_eq!(post_json(address, "/api/v1/hotline/tickets", &bearer, ticket).status, 201);
        let again = post_json(address, "/api/v1/hotline/tickets", &bearer, ticket);
        assert!(again.status == 200 && again.text().contains("unchanged"), "{}", again.text());
        let steps = get_with(address, "/api/v1/hotline/outbox", &bearer);
        assert!(steps.status == 200 && steps.text().contains("\"steps\":[]"), "{}", steps.text());
        assert!(at.done(&["hotline-key", "revoke", "市热线"]).contains("is revoked"));
        assert!(at.refused(&["hotline-key", "revoke", "市热线"]).contains("no open key of this district is called 市热线"));
        assert_eq!(get_with(address, "/api/v1/hotline/outbox", &bearer).status, 401, "the key opens nothing any more");
        assert!(at.done(&["hotline-key", "list"]).trim().ends_with("\trevoked"));
        at.check();
    }
}
