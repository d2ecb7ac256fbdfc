//! Layers: protection, language, errors, limits, delivery.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse as _;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use linli_webkit::bodies::Room;
use linli_webkit::rate::{RateLimits, Rule};
use linli_webkit::{Access, Proxy, asset_url};

use crate::support::{app, app_with, ask, get, post, room, site};

#[tokio::test]
async fn every_answer_is_protected_and_has_an_id() {
    let app = app();
    for path in
        ["/lamp", "/lamp/out", "/lamp/panic", "/no-such-page", "/api/lamp/out", asset_url("linli.css"), "/sw.js", "/offline"]
    {
        let answer = ask(&app, get(path, &[])).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("script-src 'self';")
                && policy.contains("style-src 'self';")
                && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 12, "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
    }
}

#[tokio::test]
async fn errors_are_pages_in_both_languages_with_a_next_step_and_a_reference() {
    let app = app();
    let zh = ask(&app, get("/lamp/out", &[])).await;
    assert_eq!(zh.status, StatusCode::CONFLICT);
    assert!(zh.text().contains("路灯不亮,3 天没人来") && zh.text().contains("已派王师傅"));
    assert!(zh.text().contains(zh.header("x-request-id")) && zh.text().contains(r#"lang="zh-CN""#));
    let en = ask(&app, get("/lamp/out", &[("accept-language", "en-GB")])).await;
    assert!(en.text().contains("nobody came for 3 days") && en.text().contains(r#"lang="en""#));
    for answer in [&zh, &en] {
        assert!(!answer.text().contains("secret detail"));
    }
    let part = ask(&app, get("/lamp/out", &[("hx-request", "true")])).await;
    assert!(part.text().contains(r#"role="alert""#) && !part.text().contains("<html"));
}

#[tokio::test]
async fn the_api_answers_with_problem_json() {
    let app = app();
    for (path, accept) in [("/api/lamp/out", "*/*"), ("/lamp/out", "application/json")] {
        let answer = ask(&app, get(path, &[("accept", accept), ("x-request-id", "req-12345678")])).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!((&problem["status"], &problem["code"]), (&409.into(), &"lamp.out".into()));
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
        assert_ne!(problem["request_id"], "req-12345678", "the reference is ours, whatever came with the request");
        assert_eq!(problem["title"], "路灯不亮,3 天没人来");
    }
    let invalid = ask(&app, post("/lamp", "what=", &[("accept", "application/json")])).await;
    assert_eq!(invalid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(invalid.json()["errors"][0]["field"], "what");
    assert_eq!(invalid.json()["errors"][0]["detail"], "请填写内容");
}

#[tokio::test]
async fn refusals_of_the_layers_are_our_own_pages() {
    let app = app();
    let missing = ask(&app, get("/nope", &[])).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains("没有找到这个页面"));
    let method = ask(&app, post("/lamp/out", "", &[])).await;
    assert_eq!((method.status, method.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
    assert!(method.text().contains("这个地址不能这样使用"));
    let panic = ask(&app, get("/lamp/panic", &[])).await;
    assert_eq!(panic.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(panic.text().contains("我们这边出了问题") && !panic.text().contains("secret detail"));
}

#[tokio::test]
async fn bodies_are_limited_by_route() {
    let app = app();
    let large = format!("what={}", "a".repeat(2 * 1024 * 1024));
    let refused = ask(&app, post("/lamp", large.clone(), &[])).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.text().contains("25 MB"));
    let read = ask(&app, post("/lamp/photo", large, &[])).await;
    assert_eq!(read.status, StatusCode::UNPROCESSABLE_ENTITY);
    let huge = format!("what={}", "a".repeat(26 * 1024 * 1024));
    assert_eq!(ask(&app, post("/lamp/photo", huge, &[])).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// A form that comes in pieces and says nothing of its length, from an address behind the proxy.
fn in_pieces(
    pieces: impl futures_util::Stream<Item = Vec<u8>> + Send + 'static,
    ip: &'static str,
) -> http::Request<axum::body::Body> {
    let pieces = pieces.map(Ok::<_, std::io::Error>);
    post("/lamp/photo", axum::body::Body::from_stream(pieces), &[("x-forwarded-for", ip)])
}

#[tokio::test(start_paused = true)]
async fn a_body_that_pauses_is_not_waited_for() {
    let pieces = stream::iter([b"what=".to_vec()]).chain(stream::pending());
    let begun = tokio::time::Instant::now();
    let answer = ask(&app(), in_pieces(pieces, "10.0.0.1")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("什么都没有保存") && begun.elapsed() < Duration::from_secs(11), "{}", answer.text());
}

#[tokio::test]
async fn what_all_are_sending_is_bounded_and_one_leaves_room_for_the_others() {
    let mut site = site();
    site.limits = Some(Arc::new(RateLimits::new(&[])));
    site.proxy = Proxy::Trusted;
    site.room = Room { bytes: 4 << 20, bytes_of_one: 3 << 20, ..Room::default() };
    let app = app_with(site);
    let piece = || vec![b'a'; 1 << 20];
    // Two that go on holding what they sent, as those do who never come to an end.
    let endless = |ip| {
        let (app, pieces) = (app.clone(), stream::iter([piece(), piece()]).chain(stream::pending()));
        tokio::spawn(async move { ask(&app, in_pieces(pieces, ip)).await.status })
    };
    let held = endless("10.0.0.1");
    tokio::task::yield_now().await;
    let same = ask(&app, in_pieces(stream::iter([piece(), piece()]), "10.0.0.1")).await;
    assert_eq!((same.status, same.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "10"), "3 MB of one address");
    let other = ask(&app, in_pieces(stream::iter([piece()]), "10.0.0.2")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "read to its end");
    held.abort();
    assert!(held.await.unwrap_err().is_cancelled());
    let again = ask(&app, in_pieces(stream::iter([piece(), piece()]), "10.0.0.1")).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "what was held is given back");
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_not_read() {
    let read = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = Arc::clone(&read);
    let pieces = stream::once(async move {
        seen.store(true, std::sync::atomic::Ordering::SeqCst);
        Ok::<_, std::io::Error>(vec![b'a'; 10])
    });
    let request = post("/lamp/photo", axum::body::Body::from_stream(pieces), &[("content-length", "2147483648")]);
    let answer = ask(&app(), request).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("25 MB") && !read.load(std::sync::atomic::Ordering::SeqCst));
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let app = app();
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")][..],
        &[("origin", "https://evil.example"), ("host", "linli.example")][..],
        &[("origin", "null"), ("host", "linli.example")][..],
    ] {
        let answer = ask(&app, post("/lamp", "what=a", headers)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(answer.text().contains("来自别的网站"));
    }
    for headers in
        [&[("sec-fetch-site", "same-origin")][..], &[("origin", "https://linli.example"), ("host", "linli.example")][..], &[][..]]
    {
        assert_eq!(ask(&app, post("/lamp", "what=a", headers)).await.status, StatusCode::SEE_OTHER, "{headers:?}");
    }
    let mut site = site();
    site.trusted_origins = vec!["https://city.example".to_owned()];
    let trusting = app_with(site);
    let partner = [("origin", "https://city.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(ask(&trusting, post("/lamp", "what=a", &partner)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn language_and_size_are_remembered() {
    let answer = ask(&app(), get("/no-such-page?lang=en&elder=1", &[])).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(
        cookies,
        ["linli_lang=en; Path=/; Max-Age=31536000; SameSite=Lax", "linli_elder=1; Path=/; Max-Age=31536000; SameSite=Lax"]
    );
    assert!(answer.text().contains(r#"class="elder""#));
    let later = ask(&app(), get("/no-such-page?q=a%20b", &[("cookie", "linli_lang=en; linli_elder=1")])).await;
    assert!(later.text().contains(r#"class="elder""#) && later.text().contains("There is no such page"));
    assert!(later.text().contains("/no-such-page?q=a+b&#38;lang=zh-CN"), "the way back keeps the query");
    assert!(later.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn too_much_is_told_when_to_come_back() {
    let mut site = site();
    site.limits = Some(Arc::new(RateLimits::new(&[Rule::new("write", 2, 1), Rule::new("read", 100, 100)])));
    site.proxy = Proxy::Trusted;
    let app = app_with(site);
    let send = |ip: &'static str| post("/lamp", "what=a", &[("x-forwarded-for", ip)]);
    for _ in 0..2 {
        assert_eq!(ask(&app, send("10.0.0.1")).await.status, StatusCode::SEE_OTHER);
    }
    let stopped = ask(&app, send("10.0.0.1")).await;
    assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS);
    let secs: u64 = stopped.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&secs) && stopped.text().contains(&format!("{secs} 秒")));
    assert_eq!(ask(&app, send("10.0.0.2")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(ask(&app, get("/lamp", &[("x-forwarded-for", "10.0.0.1")])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_a_standard_has_a_form_for_errors_every_layer_tells_them_in_it() {
    let mut site = site();
    site.limits = Some(Arc::new(RateLimits::new(&[Rule::new("write", 1, 1)])));
    site.told = vec![("/lamp", |error, status, info| {
        (status, [("content-type", "application/x-lamp")], error.title_for_programs(info.t())).into_response()
    })];
    let app = app_with(site);
    ask(&app, post("/lamp", "what=a", &[])).await;
    let stopped = ask(&app, post("/lamp", "what=a", &[])).await;
    assert_eq!((stopped.status, stopped.header("content-type")), (StatusCode::TOO_MANY_REQUESTS, "application/x-lamp"));
    let nowhere = ask(&app, get("/lamp/nowhere", &[])).await;
    assert_eq!((nowhere.status, nowhere.header("content-type")), (StatusCode::NOT_FOUND, "application/x-lamp"));
    assert!(ask(&app, get("/lamps", &[])).await.header("content-type").starts_with("text/html"), "that lies beside it");
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_says_so() {
    let mut site = site();
    site.timeout = Duration::from_secs(5);
    let answer = ask(&app_with(site), get("/lamp/sleep", &[])).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().contains("什么都没有保存"));
}

#[tokio::test]
async fn pages_are_packed_and_not_sent_twice() {
    let app = app();
    let plain = ask(&app, get("/lamp", &[])).await;
    let packed = ask(&app, get("/lamp", &[("accept-encoding", "gzip")])).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("content-length"), packed.body.len().to_string());
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.text());
    assert!(packed.header("vary").contains("accept-encoding") && packed.header("vary").contains("cookie"));
    let again = ask(&app, get("/lamp", &[("if-none-match", packed.header("etag"))])).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let english = ask(&app, get("/lamp", &[("if-none-match", packed.header("etag")), ("accept-language", "en")])).await;
    assert_eq!(english.status, StatusCode::OK);
}

#[tokio::test]
async fn files_have_eternal_addresses_and_the_worker_has_not() {
    let app = app();
    let css = ask(&app, get(asset_url("linli.css"), &[("accept-encoding", "gzip")])).await;
    assert_eq!((css.header("content-type"), css.header("content-encoding")), ("text/css; charset=utf-8", "gzip"));
    assert!(css.header("cache-control").contains("immutable"));
    let stale = ask(&app, get("/assets/000000000000/linli.css", &[])).await;
    assert_eq!((stale.status, stale.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert_eq!(ask(&app, get("/assets/0/missing", &[])).await.status, StatusCode::NOT_FOUND);
    let worker = ask(&app, get("/sw.js", &[])).await;
    assert_eq!((worker.header("content-type"), worker.header("cache-control")), ("text/javascript; charset=utf-8", "no-cache"));
    assert!(worker.text().contains(asset_url("queue.js")));
    assert_eq!(ask(&app, get("/manifest.webmanifest", &[])).await.json()["start_url"], "/");
}

#[tokio::test]
async fn tls_makes_the_browser_stay_with_it() {
    let mut site = site();
    site.tls = true;
    let answer = ask(&app_with(site), get("/lamp?lang=en", &[])).await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    assert!(answer.header("set-cookie").ends_with("; Secure"));
}

#[test]
fn every_route_says_who_may_use_it() {
    let specs = room().routes.specs().to_vec();
    assert_eq!(specs.len(), 7);
    assert!(specs.iter().any(|s| s.path == "/lamp/out" && s.access == Access::Staff { action: "read", resource: "lamp" }));
    assert!(specs.iter().filter(|s| s.method == http::Method::POST).all(|s| s.path.starts_with("/lamp")));
}

#[test]
fn an_origin_must_be_one() {
    for (trusted, maps) in
        [("city.example", ""), ("https://city.example/path", ""), ("https://ok.example", "https://tiles.example; script-src *")]
    {
        let mut site = site();
        site.trusted_origins = vec![trusted.to_owned()];
        site.map_origins = vec![maps.to_owned()];
        assert!(linli_webkit::open(axum::Router::<()>::new(), (), site).is_err(), "{trusted} {maps}");
    }
}
