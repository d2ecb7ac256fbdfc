//! The check: it finds nothing wrong here, and what is wrong elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use linli_kernel::Clock as _;
use linli_open311::check::{Client, Line, Options, Verdict, check};

use super::super::{Browser, on_both};
use super::*;

pub(super) async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn checked(address: SocketAddr, options: &Options) -> (Vec<Line>, usize) {
    let client = Client::new(&format!("http://{address}{V2}"), None, Duration::from_secs(1)).unwrap();
    let mut lines = Vec::new();
    let wrong = check(&client, options, &mut |line| lines.push(line)).await;
    assert_eq!(lines.iter().filter(|line| line.verdict == Verdict::Wrong).count(), wrong);
    (lines, wrong)
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Classes of which two ask for something.
pub(super) fn asking() -> String {
    let shipped = linli_cases::rules::PACKS.iter().find(|(file, _)| *file == "cases/classes.toml").unwrap().1;
    let which = "attributes = [{ code = \"WHICH\", zh = \"哪一部\", en = \"Which lift\", datatype = \"singlevaluelist\", required = true, \
        values = [{ key = \"1\", zh = \"东侧\", en = \"East\" }, { key = \"2\", zh = \"西侧\", en = \"West\" }] }, \
        { code = \"SINCE\", zh = \"何时起\", en = \"Since when\", datatype = \"datetime\" }]\ncode = \"lift\"\n";
    shipped.replace("version = \"2026.1\"", "version = \"test.1\"").replace("code = \"lift\"\n", which)
}

on_both! {
    async fn our_own_server_is_as_the_specification_says(test) {
        let here = Endpoint::open(&test).await;
        here.lamp().await;
        here.ground.clock.set(linli_kernel::Ts(here.ground.clock.now().0 + 345_678));
        here.lamp().await;
        let address = serve(here.built.router.clone()).await;
        let before = here.ground.last_seq().await;
        let (lines, wrong) = checked(address, &Options::default()).await;
        assert_eq!(wrong, 0, "{}", text(&lines));
        assert!(lines.len() > 25, "{}", text(&lines));
        assert_eq!(here.ground.last_seq().await, before, "a check without write made something");
        let write = Options { api_key: Some(here.key.clone()), write: true, jurisdiction: Some("320102".to_owned()) };
        let (lines, wrong) = checked(address, &write).await;
        assert_eq!(wrong, 0, "{}", text(&lines));
        assert!(here.ground.last_seq().await >= before + 4, "{}", text(&lines));
    }

    async fn a_class_that_asks_for_more(test) {
        let here = Endpoint::open(&test).await;
        let administrator = Browser::of(&here.built, Some(here.ground.administrator().await));
        let taken = administrator.post("/admin/rules", &[("pack_text", &asking())]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
        here.built.standing.refresh(&here.ground.db, here.ground.clock.now()).await.unwrap();
        let xml = here.get("services/lift.xml").await;
        assert!(xml.text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_definition>\n  <service_code>lift</service_code>\n  \
            <attributes>\n    <attribute>\n      <variable>true</variable>\n      <code>WHICH</code>\n      <datatype>singlevaluelist</datatype>\n"), "{}", xml.text);
        assert!(xml.text.contains("        <value>\n          <key>1</key>\n          <name>East</name>\n        </value>\n"), "{}", xml.text);
        assert_eq!(here.get("services/lift.json").await.json()["attributes"][1]["order"], 2);
        let address = serve(here.built.router.clone()).await;
        let (lines, wrong) = checked(address, &Options::default()).await;
        assert_eq!(wrong, 0, "{}", text(&lines));
        assert!(text(&lines).contains("GET services/lift.xml: 200"), "{}", text(&lines));
        let base = [("service_code", "lift"), ("address_id", "E1"), ("description", "抖动")];
        for more in [vec![], vec![("attribute[WHICH]", "3")], vec![("attribute[WHICH]", "1"), ("attribute[SINCE]", "yesterday")],
            vec![("attribute[WHICH][]", "1"), ("attribute[WHICH][]", "2")], vec![("attribute[WHICH]", "1"), ("attribute[OTHER]", "1")]] {
            assert_eq!(here.post(&[&base[..], &more].concat()).await.status, StatusCode::BAD_REQUEST, "{more:?}");
        }
        let id = here.made(&[&base[..], &[("attribute[WHICH]", "2"), ("attribute[SINCE]", "2026-11-24T08:00:00+08:00")]].concat()).await;
        assert_eq!(here.kept(&id).await.description, "抖动\nWhich lift: West\nSince when: 2026-11-24T08:00:00+08:00");
    }
}

const XML: [(&str, &str); 1] = [("content-type", "text/xml; charset=utf-8")];

/// A server with a fault of each kind.
async fn broken(uri: Uri) -> Response {
    let file = uri.path().strip_prefix(V2).unwrap_or_default().to_owned();
    let declared = |inside: &str| format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{inside}");
    match file.as_str() {
        "/discovery.xml" => StatusCode::NOT_FOUND.into_response(),
        "/services.xml" => {
            let one = "<service><service_code>1</service_code><service_name>a</service_name><metadata>yes</metadata><type>realtime</type></service>";
            (XML, declared(&format!("<services>{one}{one}</services>"))).into_response()
        }
        "/services.json" => axum::Json(serde_json::json!({ "services": [] })).into_response(),
        "/requests.xml" if uri.query().is_none() => {
            let list = declared("<service_requests></service_requests>");
            (XML, format!("{list}{list}")).into_response()
        }
        "/requests.xml" if uri.query().is_some_and(|query| query.contains("status=open")) => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        "/requests.xml" => axum::response::Redirect::temporary("https://elsewhere.example/").into_response(),
        "/requests.json" => {
            ([("content-type", "application/json")], "[{\"service_request_id\":6,\"status\":\"new\"}]").into_response()
        }
        _ => axum::response::Html("<!DOCTYPE html><html><body>Not found</body></html>").into_response(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_get_clear_lines() {
    let address = serve(Router::new().fallback(broken)).await;
    let (lines, wrong) = checked(address, &Options::default()).await;
    let all = text(&lines);
    assert!(wrong > 10, "{all}");
    for said in [
        "-    discovery.xml is not at this address",
        "not  GET services.xml: services 1: metadata is \"yes\", not true or false",
        "service_code 1 is there twice",
        "not  GET services.json: the content type is \"application/json\", not \"application/json; charset=utf-8\"; the root services stands in the JSON",
        "not  GET requests.xml: the same body holds two documents, one after the other",
        "service_request_id is 6, not a string",
        "status is \"new\", not one of open, closed",
        "not  GET requests.xml?status=open: no answer within 1 s",
        "it leads on to https://elsewhere.example/",
        "not  GET tokens/linli-check-no-such-thing.xml: the status is 200, not 404; the content type is \"text/html; charset=utf-8\", not \"text/xml; charset=utf-8\"; it is an HTML page",
    ] {
        assert!(all.contains(said), "{said}\nin\n{all}");
    }
    // Nobody at all, and somebody who never answers.
    let (lines, _) = checked(SocketAddr::from(([127, 0, 0, 1], 9)), &Options::default()).await;
    assert!(
        text(&lines).contains("no connection") && text(&lines).ends_with("nothing more is asked: the server does not answer\n"),
        "{}",
        text(&lines)
    );
    let silent = Router::new().fallback(|| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let (lines, wrong) = checked(serve(silent).await, &Options::default()).await;
    assert_eq!((lines.len(), wrong), (4, 4), "{}", text(&lines));
}

/// A server of several cities, which answers nobody who does not say which one.
async fn of_several(uri: Uri) -> Response {
    if uri.query().is_some_and(|query| query.contains("jurisdiction_id=320102")) {
        return axum::Json(serde_json::json!([])).into_response();
    }
    let refusal = serde_json::json!([{ "code": 400, "description": "jurisdiction_id was not provided" }]);
    (StatusCode::BAD_REQUEST, axum::Json(refusal)).into_response()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_a_server_of_several_is_told_of_the_jurisdiction() {
    let address = serve(Router::new().fallback(of_several)).await;
    let hint = "-    the server asks for a jurisdiction_id: check it again with --jurisdiction ID\n";
    let (lines, _) = checked(address, &Options::default()).await;
    assert_eq!(text(&lines).matches(hint).count(), 1, "said once: {}", text(&lines));
    let of_one = Options { jurisdiction: Some("320102".to_owned()), ..Options::default() };
    let (lines, _) = checked(address, &of_one).await;
    assert!(!text(&lines).contains(hint), "{}", text(&lines));
}

/// A server whose answers are none: nothing in them, and a report that makes nothing.
async fn empty(uri: Uri) -> Response {
    let declared = |inside: &str| format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{inside}");
    let service = "<service><service_code>1</service_code><service_name>a</service_name><metadata>false</metadata><type>realtime</type></service>";
    match uri.path().strip_prefix(V2).unwrap_or_default() {
        "/services.xml" => (XML, declared(&format!("<services>{service}</services>"))).into_response(),
        "/services.json" => ([("content-type", "application/json; charset=utf-8")], "  ").into_response(),
        "/requests.xml" => (XML, declared("<service_requests></service_requests>")).into_response(),
        _ => (XML, "").into_response(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_are_none_are_said_to_be_none() {
    let address = serve(Router::new().fallback(empty)).await;
    let write = Options { api_key: Some("key".to_owned()), write: true, jurisdiction: None };
    let (lines, _) = checked(address, &write).await;
    let all = text(&lines);
    for said in [
        "not  GET discovery.xml: the body is empty",
        "not  GET services.json: the body is empty",
        "ok   GET requests.xml: 200, 0 in it",
        "not  a report is answered with one request: there is none",
    ] {
        assert!(all.contains(said), "{said}\nin\n{all}");
    }
}
