//! The description of the interface for programs is the interface: no route is missing, and real answers fit it.

use axum::http::StatusCode;
use linli_db::{Db, both_databases};
use linli_webkit::House;
use serde_json::{Value, json};

use super::asks::Ask;
use super::walk::question;
use super::world::{Answer, Who, World};
use crate::cli::Profile;
use crate::house::rooms;
use linli_access::Role;

/// The description as it is handed out.
async fn document(world: &World) -> Value {
    let answer = world.ask(Who::Nobody, &Ask::get("/api/v1/openapi.json")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/json");
    serde_json::from_str(&answer.text).unwrap()
}

/// Sees that an answer is what the description says of this status.
fn fits(document: &Value, method: &str, path: &str, answer: &Answer) -> Value {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{path}: no JSON: {}", answer.text));
    let responses = &document["paths"][path][method]["responses"];
    let (status, kind) = (answer.status.as_u16().to_string(), answer.headers["content-type"].to_str().unwrap());
    let said = responses.get(&status).unwrap_or(&responses["default"]);
    let schema = &said["content"][kind]["schema"];
    assert!(schema.is_object(), "{method} {path}: {status} {kind} is not described: {said}");
    // The parts a schema points to come along.
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::options().should_validate_formats(true).build(&whole).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&body).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{method} {path}: {wrong:?} in {body:#}");
    body
}

both_databases! {
    async fn every_route_is_described_and_answers_as_described(db: Db) {
        let world = World::new(db, Profile::Both).await;
        let document = document(&world).await;
        assert_eq!(document["openapi"], "3.1.0");
        let mut described: Vec<String> = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                described.push(format!("{} {path}", method.to_uppercase()));
                assert!(operation["operationId"].is_string() && operation["summary"].is_string() || operation["description"].is_string(), "{path}");
                assert!(operation["responses"]["default"].is_object(), "{path}: how it refuses is not described");
            }
        }
        let mut built: Vec<String> = House::of(rooms(Profile::Both))
            .specs
            .iter()
            .filter(|spec| spec.path.starts_with("/api/"))
            .map(|spec| format!("{} {}", spec.method, spec.path))
            .collect();
        described.sort();
        built.sort();
        assert_eq!(described, built, "the description and the house differ");

        // Every route, asked by somebody who may and by nobody at all, answers as described.
        world.case(&world.here).await;
        for spec in House::of(rooms(Profile::Both)).specs.iter().filter(|spec| spec.path.starts_with("/api/")) {
            let (_, asked) = question(spec, &world, &world.here).await;
            for who in [Who::Staff(Role::CommunitySecretary), Who::Nobody] {
                let answer = world.ask(who, &asked).await;
                fits(&document, &spec.method.as_str().to_lowercase(), spec.path, &answer);
            }
        }
    }

    async fn refusals_are_problems_with_stable_codes(db: Db) {
        let world = World::new(db, Profile::Both).await;
        let document = document(&world).await;
        let secretary = Who::Staff(Role::CommunitySecretary);
        let board = world.here.board.clone();
        let wrong = [
            (secretary, "get", "/api/v1/cases", Ask::get("/api/v1/cases?after=nonsense"), 422, "web.invalid"),
            (secretary, "get", "/api/v1/cases", Ask::get("/api/v1/cases?state=nonsense"), 422, "web.invalid"),
            (secretary, "get", "/api/v1/cases/{id}", Ask::get("/api/v1/cases/nonsense"), 404, "cases.not_found"),
            (Who::Nobody, "get", "/api/v1/cases", Ask::get("/api/v1/cases"), 401, "access.unauthenticated"),
            (Who::Nobody, "get", "/api/v1/hotline/outbox", Ask::get("/api/v1/hotline/outbox"), 401, "web.unauthenticated"),
            (Who::Nobody, "post", "/api/v1/hotline/tickets", Ask::json("/api/v1/hotline/tickets", json!({})), 401, "web.unauthenticated"),
            (Who::Unappointed, "get", "/api/v1/cases", Ask::get("/api/v1/cases"), 403, "access.forbidden"),
            (Who::Nobody, "get", "/api/v1/boards/{code}", Ask::get("/api/v1/boards/ZZZZZZ"), 404, "board.unknown_code"),
            (Who::Nobody, "post", "/api/v1/cases", Ask::json("/api/v1/cases", json!({ "board": board })), 400, "web.malformed"),
            (Who::Nobody, "post", "/api/v1/cases", Ask::json("/api/v1/cases", json!({ "description": "灯不亮" })), 422, "web.invalid"),
            (Who::Nobody, "post", "/api/v1/cases", Ask::json("/api/v1/cases", json!({ "board": board, "description": "字".repeat(100_000) })), 422, "web.invalid"),
            (Who::Nobody, "post", "/api/v1/cases", Ask::json("/api/v1/cases", json!({ "board": board, "description": "灯不亮", "lon": 500.0, "lat": 1.0 })), 422, "web.invalid"),
            (Who::Nobody, "post", "/api/v1/cases", Ask::json("/api/v1/cases", json!({ "board": board, "description": "灯不亮" })).with("idempotency-key", "short"), 400, "web.idempotency_key"),
            (Who::Nobody, "post", "/api/v1/cases", Ask::json("/api/v1/cases", json!({ "board": board, "description": "灯不亮" })).with("idempotency-key", "long-enough-for-staff"), 400, "web.idempotency_short"),
        ];
        for (who, method, path, asked, status, code) in wrong {
            let answer = world.ask(who, &asked).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {} {}", asked.path, answer.text);
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            let problem = fits(&document, method, path, &answer);
            assert_eq!(problem["code"], code, "{problem}");
            assert_eq!(problem["type"], format!("/problems/{code}"));
            assert_eq!(problem["request_id"], answer.headers["x-request-id"].to_str().unwrap());
            if status == 422 {
                assert!(!problem["errors"].as_array().unwrap().is_empty(), "the field is not named: {problem}");
            }
        }
        let nowhere = world.ask(Who::Nobody, &Ask::get("/api/v1/no-such-thing")).await;
        assert_eq!((nowhere.status.as_u16(), nowhere.headers["content-type"].to_str().unwrap()), (404, "application/problem+json"));
        let method = world.ask(Who::Nobody, &Ask { method: axum::http::Method::DELETE, ..Ask::get("/api/v1/cases") }).await;
        assert_eq!((method.status.as_u16(), method.headers["content-type"].to_str().unwrap()), (405, "application/problem+json"));
    }

    async fn the_same_key_is_the_same_case(db: Db) {
        let world = World::new(db, Profile::Both).await;
        let report = |words: &str| Ask::json("/api/v1/cases", json!({ "board": world.here.board, "description": words })).with("idempotency-key", "key-of-the-test-of-all");
        let first = world.ask(Who::Nobody, &report("灯不亮")).await;
        let before = world.journal().await;
        let again = world.ask(Who::Nobody, &report("灯不亮")).await;
        assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
        assert_eq!(first.text, again.text);
        assert_eq!(world.journal().await, before, "the repetition did something");
        let other = world.ask(Who::Nobody, &report("水管漏水")).await;
        assert_eq!(other.status, StatusCode::CONFLICT, "{}", other.text);
        assert!(other.text.contains("db.key_reused"), "{}", other.text);
    }

    async fn pages_by_cursor_show_everything_once(db: Db) {
        let world = World::new(db, Profile::Both).await;
        let mut made = Vec::new();
        for _ in 0..120 {
            made.push(world.case(&world.here).await.0);
        }
        let (mut seen, mut after, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let answer = world.ask(Who::Staff(Role::CommunitySecretary), &Ask::get(format!("/api/v1/cases?after={after}"))).await;
            let page: Value = serde_json::from_str(&answer.text).unwrap();
            seen.extend(page["cases"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()));
            pages += 1;
            // Somebody reports meanwhile.
            if pages == 1 {
                world.case(&world.here).await;
            }
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        assert!(pages > 1, "one page held everything: the test proved nothing");
        for id in &made {
            assert_eq!(seen.iter().filter(|known| *known == id).count(), 1, "{id}");
        }
    }
}
