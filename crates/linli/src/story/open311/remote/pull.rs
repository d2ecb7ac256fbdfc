//! What is pulled, and what is wrong with what servers answer.

use super::*;

on_both! {
    async fn requests_become_cases_and_what_changes_there_changes_here(test) {
        let here = Endpoint::open(&test).await;
        let city = City::open(knowing(vec![row("A", "open"), row("B", "open"), row("C", "closed")])).await;
        let spec = here.spec(&city.url()).await;
        let before = here.ground.last_seq().await;
        let dry = here.pull(&spec, true).await.unwrap();
        assert_eq!((dry.new, here.ground.last_seq().await), (3, before), "a dry run writes nothing");
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!((pulled.new, pulled.changed, pulled.refused), (3, 0, 0), "{pulled:?}");
        assert_eq!(here.open_of(&spec).await, ["A", "B"]);
        let case = here.brought(&spec, "A").await;
        assert_eq!((case.class.as_str(), case.title.as_str(), case.state), ("other", "Street light", CaseState::Reported));
        assert_eq!((case.lat_e7, case.lon_e7), (Some(320_600_000), Some(1_187_900_000)));
        let before = here.ground.last_seq().await;
        let again = here.pull(&spec, false).await.unwrap();
        assert_eq!((again.unchanged, again.new, here.ground.last_seq().await), (3, 0, before), "the same again changes nothing");

        let mut closed = row("A", "closed");
        closed["status_notes"] = json!("lamp changed");
        city.says(knowing(vec![closed, row("B", "open"), row("C", "closed")]));
        assert_eq!(here.pull(&spec, false).await.unwrap().changed, 1);
        let case = here.brought(&spec, "A").await;
        assert_eq!((case.state, case.ended_how), (CaseState::Closed, Some(Ending::Elsewhere)));
        let lines = here.ground.facts_of(here.ground.district, "cases.ended_elsewhere").await;
        assert_eq!((lines.len(), &lines[0]["status"], &lines[0]["to"]), (1, &json!("closed"), &json!("closed")));
        assert!(!lines[0].to_string().contains("lamp changed"), "words are not in the facts");

        city.says(knowing(vec![row("A", "open"), row("B", "open"), row("C", "open")]));
        assert_eq!(here.pull(&spec, false).await.unwrap().changed, 2);
        assert_eq!(here.open_of(&spec).await, ["A", "B", "C"]);
        assert_eq!(here.brought(&spec, "A").await.state, CaseState::Reopened);
        // What came from elsewhere is not told on.
        assert_eq!(here.get("requests.json").await.json(), json!([]));
        here.is_clean().await;
    }

    async fn answers_as_servers_in_the_field_write_them(test) {
        let here = Endpoint::open(&test).await;
        let wrapped = |name: &'static str, value: Value| move |question: &Question| match question.path.ends_with("services.json") {
            true => axum::Json(json!({ "services": [] })).into_response(),
            false => axum::Json(json!({ name: value })).into_response(),
        };
        let mut number = row("x", "Open");
        number["service_request_id"] = json!(638_344);
        let city = City::open(wrapped("requests", json!([number.clone()]))).await;
        let spec = here.spec(&city.url()).await;
        assert_eq!(here.pull(&spec, false).await.unwrap().new, 1);
        city.says(wrapped("service_requests", json!({ "request": number })));
        assert_eq!(here.pull(&spec, false).await.unwrap().unchanged, 1);
        // XML only; missing fields and empty elements.
        city.says(|question| {
            let xml = |inside: &str| {
                ([("content-type", "text/xml")], format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{inside}")).into_response()
            };
            match question.path.as_str() {
                "/v2/services.xml" => xml("<services/>"),
                "/v2/requests.xml" => xml("<service_requests><request><service_request_id>7</service_request_id><status>open</status>\
                    <description/><service_name>Lift</service_name><lat></lat><long/></request></service_requests>"),
                _ => (StatusCode::NOT_FOUND, axum::response::Html("<html>no</html>")).into_response(),
            }
        });
        assert_eq!(here.pull(&spec, false).await.unwrap().new, 1);
        assert_eq!(here.open_of(&spec).await, ["638344", "7"]);
        assert_eq!(here.pull(&spec, false).await.unwrap().unchanged, 1);
        here.is_clean().await;
    }

    async fn an_answer_that_makes_no_sense_leaves_nothing_behind(test) {
        let here = Endpoint::open(&test).await;
        let services = || axum::Json(json!([{ "service_code": "SL-1", "service_name": "Street light" }])).into_response();
        let city = City::open(knowing(vec![])).await;
        let spec = here.spec(&city.url()).await;
        let before = here.ground.last_seq().await;
        let html = || axum::response::Html("<!DOCTYPE html><html>busy</html>").into_response();
        type Make = fn() -> Response;
        let cut: Make = || {
            // Fewer bytes than were promised.
            let body = Body::from_stream(futures_util::stream::iter([Ok("[{\"service_request_id\":\"1\","), Err(std::io::Error::other("cut"))]));
            Response::new(body)
        };
        let answers: [(&str, Make); 8] = [
            ("it is an HTML page", html),
            ("it is not JSON", || "[{\"service_request_id\":\"1\"".into_response()),
            ("the status is 500", || (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response()),
            ("the status is 400: too many", || (StatusCode::BAD_REQUEST, "[{\"code\":400,\"description\":\"too many\"}]").into_response()),
            ("the answer is neither a list", || "{\"message\":\"hello\"}".into_response()),
            ("the answer broke off", cut),
            ("it leads on to https://elsewhere.example/v2, which is another host", || {
                axum::response::Redirect::temporary("https://elsewhere.example/v2").into_response()
            }),
            ("no answer within 1 s", || StatusCode::IM_A_TEAPOT.into_response()),
        ];
        for (reason, make) in answers {
            city.says(move |question| if question.path.contains("services") { services() } else { make() });
            let error = here.pull(&spec, false).await.unwrap_err().to_string();
            assert!(error.contains(reason) && error.starts_with(&spec.system()), "{reason} in {error}");
        }
        city.says(move |question| if question.path.contains("services") { services() } else { " ".repeat(20_000_001).into_response() });
        let error = here.pull(&spec, false).await.unwrap_err().to_string();
        assert!(error.contains("larger than 20 MB"), "{error}");
        let nobody = here.spec("http://127.0.0.1:9/v2").await;
        assert!(here.pull(&nobody, false).await.unwrap_err().to_string().contains("no connection"));
        let private = Spec { inside: false, ..spec.clone() };
        assert!(here.pull(&private, false).await.unwrap_err().to_string().contains("127.0.0.1 is a private address"));
        // Where there is neither format, what was sent as JSON is what is wrong, not that it is no XML.
        city.says(|_| "[{\"service_code\":".into_response());
        let error = here.pull(&spec, false).await.unwrap_err().to_string();
        assert!(error.contains("GET services.json: it is not JSON") && error.contains("; GET services.xml: it is not XML"), "{error}");
        assert_eq!(here.ground.last_seq().await, before);
        assert_eq!(here.open_of(&spec).await, Vec::<String>::new());
        // What was wrong is over, and nothing is left of it.
        city.says(knowing(vec![row("1", "open")]));
        assert_eq!(here.pull(&spec, false).await.unwrap().new, 1);
    }

    async fn a_wrong_request_is_refused_alone(test) {
        let here = Endpoint::open(&test).await;
        let mut differs = row("TWICE", "open");
        differs["description"] = json!("something else");
        let with = |id: &str, name: &str, value: Value| {
            let mut row = row(id, "open");
            row[name] = value;
            row
        };
        let rows = vec![
            row("OK", "open"), row("SAME", "open"), row("SAME", "open"), row("TWICE", "open"), differs,
            with("ZONE", "requested_datetime", json!("2026-11-20T01:00:00")), with("TYPE", "description", json!([1])),
            with("LAT", "lat", json!("north")), json!("no object"), json!({ "status": "open" }),
        ];
        let city = City::open(knowing(rows)).await;
        let spec = here.spec(&city.url()).await;
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!((pulled.new, pulled.refused), (2, 6), "{pulled:#?}");
        assert_eq!(here.open_of(&spec).await, ["OK", "SAME"]);
        let all = pulled.reasons.join("\n");
        for said in [
            "request TWICE: it is there twice in one answer, and differs", "request SAME: it is there twice in one answer",
            "request ZONE: requested_datetime is \"2026-11-20T01:00:00\", which says no zone", "request TYPE: description is no text",
            "request LAT: lat is \"north\", no number", "a request is no object", "a request has no service_request_id",
        ] {
            assert!(all.contains(said), "{said} in {all}");
        }
        here.is_clean().await;
    }

    async fn an_answer_that_may_be_cut_is_asked_for_in_parts(test) {
        let here = Endpoint::open(&test).await;
        // 2,400 requests over ten days, a thousand in an answer; then 1,001 in one second.
        let at = |n: usize| linli_kernel::Ts(1_763_000_000_000_000 + 365 * 86_400_000_000).plus_secs(i64::try_from(n * 360).unwrap());
        let rows: Vec<Value> = (0..2_400).map(|n| {
            let mut row = row(&format!("R{n}"), "open");
            row["requested_datetime"] = json!(at(n).timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            row["updated_datetime"] = Value::Null;
            row
        }).collect();
        let all = knowing(rows);
        let city = City::open(move |question| {
            let answer = all(question);
            if question.path.contains("services") {
                return answer;
            }
            let (head, body) = answer.into_parts();
            let bytes = futures_util::FutureExt::now_or_never(to_bytes(body, 64 << 20)).unwrap().unwrap();
            let mut list: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
            list.truncate(1_000);
            let _ = head;
            axum::Json(list).into_response()
        }).await;
        let spec = here.spec(&city.url()).await;
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!((pulled.new, pulled.reasons.len()), (2_400, 0), "{:?}", pulled.reasons);
        let many: Vec<Value> = (0..1_001).map(|n| row(&format!("S{n}"), "open")).collect();
        let other = City::open(knowing(many)).await;
        let spec = here.spec(&other.url()).await;
        let pulled = here.pull(&spec, false).await.unwrap();
        assert_eq!(pulled.new, 1_001);
        assert!(pulled.reasons.iter().any(|reason| reason.contains("1001 requests in one answer, and they lie within a minute")), "{:?}", pulled.reasons);
        here.is_clean().await;
    }
}
