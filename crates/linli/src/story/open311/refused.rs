//! What is refused: with which status, in which format, and leaving nothing behind.

use linli_access::Ctx;
use linli_identity::keys::Opens;
use linli_kernel::DistrictId;

use super::super::on_both;
use super::*;

const LAMP: (&str, &str) = ("service_code", "stair_lamp");
const AT: (&str, &str) = ("address_id", "E1");

/// A refusal as XML, byte for byte but for its words.
fn is_xml(got: &Got, status: u16, code: u16) {
    assert_eq!((got.status.as_u16(), got.kind()), (status, "text/xml; charset=utf-8"), "{}", got.text);
    let begins =
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<errors>\n  <error>\n    <code>{code}</code>\n    <description>");
    assert!(got.text.starts_with(&begins) && got.text.ends_with("</description>\n  </error>\n</errors>\n"), "{}", got.text);
    assert!(!got.text.contains("<description></description>"), "{}", got.text);
}

/// The same as JSON.
fn is_json(got: &Got, status: u16) {
    assert_eq!((got.status.as_u16(), got.kind()), (status, "application/json; charset=utf-8"), "{}", got.text);
    let errors = got.json();
    assert_eq!((errors.as_array().unwrap().len(), errors[0]["code"].as_u64()), (1, Some(status.into())), "{errors}");
    assert!(errors[0]["description"].as_str().is_some_and(|words| !words.is_empty()));
}

on_both! {
    async fn reading(test) {
        let here = Endpoint::open(&test).await;
        for (path, status) in [
            ("services", 404), ("services/stair_lamp", 404), ("services/nothing", 404), ("requests/2026-000001", 404),
            ("requests/2026-000001", 404), ("tokens/12345", 404), ("nothing", 404), ("services/", 400), ("tokens/", 400), ("requests/", 400),
        ] {
            let argument = if path == "services" { "?jurisdiction_id=999999" } else { "" };
            is_xml(&here.get(&format!("{path}.xml{argument}")).await, status, status);
            is_json(&here.get(&format!("{path}.json{argument}")).await, status);
        }
        for query in [
            "start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", "start_date=2026-01-01", "end_date=yesterday", "status=new",
            "page=0", "page_size=many", "start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z",
        ] {
            is_xml(&here.get(&format!("requests.xml?{query}")).await, 400, 400);
            is_json(&here.get(&format!("requests.json?{query}")).await, 400);
        }
        is_xml(&here.get("requests.xml?service_code=stair_lamp,nothing").await, 404, 404);
        is_xml(&here.get("requests/2026-000001.yaml").await, 404, 404);
        let chinese = here.ask(Request::get(format!("{V2}/tokens/1.xml")).header("accept-language", "zh-CN").body(Body::empty()).unwrap()).await;
        assert!(chinese.text.contains("没有 token 1。"), "{}", chinese.text);
    }

    async fn reporting(test) {
        let here = Endpoint::open(&test).await;
        let before = here.ground.last_seq().await;
        let with = |fields: &[(&'static str, &'static str)]| fields.to_vec();
        for (fields, status) in [
            (with(&[AT]), 400), (with(&[("service_code", ""), AT]), 400), (with(&[("service_code", "nothing"), AT]), 404),
            (with(&[LAMP]), 400), (with(&[LAMP, ("lat", "32.06")]), 400), (with(&[LAMP, ("lat", "1"), ("long", "x")]), 400),
            (with(&[LAMP, ("lat", "118.79"), ("long", "32.06")]), 400), (with(&[LAMP, ("lat", "0"), ("long", "0")]), 400),
            (with(&[LAMP, ("lat", "32.06"), ("lat", "33.06"), ("long", "118.79")]), 400), (with(&[LAMP, AT, ("address_id", "E2")]), 400),
            (with(&[LAMP, AT, ("service_code", "bin_full")]), 400), (with(&[LAMP, AT, ("description", "一"), ("description", "二")]), 400), (with(&[LAMP, AT, ("address_string", "北门")]), 400),
            (with(&[LAMP, AT, ("lat", "32.06"), ("long", "118.79")]), 400), (with(&[LAMP, ("address_id", "nothing")]), 400),
            (with(&[LAMP, ("address_id", "E1/3栋/1单元/101")]), 400), (with(&[LAMP, AT, ("jurisdiction_id", "999999")]), 404),
            (with(&[LAMP, AT, ("attribute[NOTHING]", "1")]), 400), (with(&[LAMP, AT, ("attribute[NOTHING][]", "1")]), 400),
            (with(&[LAMP, AT, ("phone", "12")]), 400), (with(&[LAMP, AT, ("description", "a\u{7}b")]), 400),
        ] {
            is_json(&here.post(&fields).await, status);
            is_xml(&here.post_bare("requests.xml", &[&fields[..], &[("api_key", here.key.as_str())]].concat()).await, status, status);
        }
        let long = "字".repeat(4_001);
        is_json(&here.post(&[LAMP, AT, ("description", &long)]).await, 400);
        for key in [None, Some(""), Some("o311_nothing")] {
            let fields: Vec<(&str, &str)> = [LAMP, AT].into_iter().chain(key.map(|key| ("api_key", key))).collect();
            is_json(&here.post_bare("requests.json", &fields).await, 403);
            is_xml(&here.post_bare("requests.xml", &fields).await, 403, 403);
        }
        let no_form = Request::post(format!("{V2}/requests.xml")).header(header::CONTENT_TYPE, "text/plain").body(Body::from("x")).unwrap();
        is_xml(&here.ask(no_form).await, 400, 400);
        assert_eq!(here.ground.last_seq().await, before, "a refusal left something behind");

        // The longest words are taken, and the same again is taken again.
        let longest = "字".repeat(4_000);
        let (first, second) = (here.made(&[LAMP, AT, ("description", &longest)]).await, here.made(&[LAMP, AT, ("description", &longest)]).await);
        assert_ne!(first, second);
        // Unless its sender says that it is the same.
        let once = async || {
            let body = format!("api_key={}&service_code=stair_lamp&address_id=E1&description=x", here.key);
            let request = Request::post(format!("{V2}/requests.json"))
                .header("idempotency-key", "key-of-the-program-long")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            here.ask(request.body(Body::from(body)).unwrap()).await.json()[0]["service_request_id"].clone()
        };
        let (first, second) = (once().await, once().await);
        assert!(first.is_string());
        assert_eq!(first, second);
        // Its numbers are its own: anybody may have used the same before, and the program of somebody else.
        let anybody = async |number: &str| {
            let body = serde_json::json!({ "district": here.ground.district, "place": "E1", "description": "y" }).to_string();
            let request = Request::post("/api/v1/cases").header("idempotency-key", number).header(header::CONTENT_TYPE, "application/json");
            here.ask(request.body(Body::from(body)).unwrap()).await.status
        };
        assert_eq!(anybody("key-of-the-program").await, StatusCode::BAD_REQUEST, "too short for one of everybody");
        assert_eq!(anybody("key-of-the-program-long").await, StatusCode::CREATED);
        let other = add_key(&here.ground, here.ground.district, "另一个平台").await;
        let body = format!("api_key={other}&service_code=stair_lamp&address_id=E1&description=z");
        let request = Request::post(format!("{V2}/requests.json"))
            .header("idempotency-key", "key-of-the-program-long")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let got = here.ask(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
        assert_ne!(got.json()[0]["service_request_id"], first);
        // The key may come in the address.
        let got = here.post_bare(&format!("requests.json?api_key={}", here.key), &[LAMP, AT]).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    }

    async fn keys(test) {
        let here = Endpoint::open(&test).await;
        let (ctx, district) = (here.ground.ctx(), here.ground.district);
        let mut tx = here.ground.db.begin(district).await.unwrap();
        assert!(matches!(linli_identity::keys::add(&ctx, &mut tx, key_named(" 外部平台 ")).await, Err(linli_identity::keys::KeyError::NameTaken)));
        assert!(matches!(linli_identity::keys::add(&ctx, &mut tx, key_named(" ")).await, Err(linli_identity::keys::KeyError::BadName)));
        assert!(matches!(linli_identity::keys::revoke(&ctx, &mut tx, "没有").await, Err(linli_identity::keys::KeyError::Unknown)));
        let visitor = Ctx { actor: linli_access::Actor::Visitor, ..ctx.clone() };
        assert!(matches!(linli_identity::keys::add(&visitor, &mut tx, key_named("x")).await, Err(linli_identity::keys::KeyError::Denied(_))));
        drop(tx);
        here.lamp().await;
        let mut tx = here.ground.db.begin(district).await.unwrap();
        linli_identity::keys::revoke(&ctx, &mut tx, "外部平台").await.unwrap();
        tx.commit().await.unwrap();
        is_json(&here.post(&[LAMP, AT]).await, 403);
        let again = add_key(&here.ground, district, "外部平台").await;
        assert_ne!(again, here.key);

        let known = linli_identity::keys::list(&ctx, &mut here.ground.db.read().await.unwrap().conn(), district, Opens::Open311).await.unwrap();
        let states: Vec<(&str, bool)> = known.iter().map(|key| (key.name.as_str(), key.revoked_at.is_some())).collect();
        assert_eq!(states, [("外部平台", true), ("外部平台", false)]);
        // Each is a line, and neither the key nor its name stands in the facts.
        assert_eq!(here.ground.facts_of(district, "identity.key_made").await, [serde_json::json!({}), serde_json::json!({})]);
        assert_eq!(here.ground.facts_of(district, "identity.key_revoked").await, [serde_json::json!({})]);
    }

    async fn several_jurisdictions(test) {
        let here = Endpoint::open(&test).await;
        let ctx = here.ground.ctx();
        let mut tx = here.ground.db.begin(DistrictId::CITY).await.unwrap();
        let source = linli_territory::reference::XUANWU_SOURCE;
        let mut register = linli_territory::commands::division_register(&ctx, &mut tx, &source, false).await.unwrap();
        let more = [("320104", "秦淮区"), ("320104001", "甲街道"), ("320104001001", "甲社区居委会")]
            .map(|(code, name)| linli_territory::commands::DivisionInput { code: code.into(), name: Some(name.into()) });
        linli_territory::commands::put_divisions(&ctx, &mut tx, &mut register, &more).await.unwrap();
        let other = linli_territory::commands::open_district(&ctx, &mut tx, "320104").await.unwrap();
        tx.commit().await.unwrap();
        for path in ["services", "requests", "requests/2026-000001", "tokens/1", "services/stair_lamp"] {
            let got = here.get(&format!("{path}.xml?jurisdiction_id=")).await;
            is_xml(&got, 400, 400);
            assert!(got.text.contains("320102, 320104"), "{}", got.text);
        }
        is_json(&here.post(&[LAMP, AT]).await, 400);
        let id = here.made(&[LAMP, AT, ("jurisdiction_id", "320102")]).await;
        assert_eq!(here.get(&format!("requests/{id}.json?jurisdiction_id=320102")).await.status, StatusCode::OK);
        // The same number may be another case elsewhere; here it is none.
        is_json(&here.get(&format!("requests/{id}.json?jurisdiction_id=320104")).await, 404);
        is_json(&here.post(&[LAMP, ("address_string", "x"), ("jurisdiction_id", "320104")]).await, 403);
        let key = add_key(&here.ground, other, "外部平台").await;
        let elsewhere = [LAMP, ("address_id", "E1"), ("jurisdiction_id", "320104"), ("api_key", key.as_str())];
        is_json(&here.post_bare("requests.json", &elsewhere).await, 400);
        let there = [LAMP, ("address_string", "x"), ("jurisdiction_id", "320104"), ("api_key", key.as_str())];
        assert_eq!(here.post_bare("requests.json", &there).await.status, StatusCode::OK);
    }

    async fn what_belongs_elsewhere_is_told_where_and_counted(test) {
        let here = Endpoint::open(&test).await;
        let stolen = [("service_code", "other"), AT, ("description", "我的自行车被偷了")];
        let got = here.post(&stolen).await;
        is_json(&got, 400);
        assert!(got.text.contains("police") && got.text.contains("110") && got.text.contains("insist=1"), "{}", got.text);
        // A class that was named only because one must be is not believed either; one that the words speak of is.
        is_json(&here.post(&[("service_code", "bin_full"), AT, ("description", "我的自行车被偷了")]).await, 400);
        // Nor one that they speak of, where there is nothing to mend.
        is_json(&here.post(&[("service_code", "bikes"), AT, ("description", "我的自行车被偷了")]).await, 400);
        is_json(&here.post(&[("service_code", "service"), AT, ("description", "我要去法院起诉物业")]).await, 400);
        let counted = here.ground.facts_of(here.ground.district, "cases.told_elsewhere").await;
        assert_eq!(counted.iter().map(|facts| facts["code"].clone()).collect::<Vec<_>>(), ["theft", "theft", "theft", "litigation"]);
        assert!(!format!("{counted:?}").contains("自行车"), "nothing of what was written is kept");
        assert_eq!(here.ground.facts_of(here.ground.district, "cases.reported").await.len(), 0);
        here.made(&[("service_code", "manhole"), AT, ("description", "井盖被盗")]).await;
        here.made(&[&stolen[..], &[("insist", "1")]].concat()).await;
        let lines = here.ground.facts_of(here.ground.district, "cases.reported").await;
        let key = |facts: &Value| facts["key"].as_str().map(str::to_owned);
        assert!(lines.len() == 2 && key(&lines[0]).is_some_and(|key| key.len() == 36) && key(&lines[0]) == key(&lines[1]), "{lines:?}");

        let board = here.ground.code(&here.ground.place("E1/3栋/1单元").await.path).await;
        let api = async |body: Value| {
            let request = Request::post("/api/v1/cases").header(header::CONTENT_TYPE, "application/json").header("accept-language", "en");
            here.ask(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let body = serde_json::json!({ "board": board, "description": "我的自行车被偷了" });
        let got = api(body.clone()).await;
        assert!(got.status == StatusCode::UNPROCESSABLE_ENTITY && got.text.contains("police"), "{}", got.text);
        assert_eq!(here.ground.facts_of(here.ground.district, "cases.told_elsewhere").await.len(), 5);
        let mut body = body;
        body["insist"] = true.into();
        assert_eq!(api(body).await.status, StatusCode::CREATED);
    }
}
