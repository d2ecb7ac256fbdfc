//! The protocol itself: who is let in, which formats, what is said of what cannot be read.

use super::*;

on_both! {
    /// A hospital and the 120 centre get a key as those do who follow people: by name or by code, of what is open, and of one alone.
    async fn every_institution_of_the_network_can_have_a_key(test) {
        use linli_treatment::commands::institutions::{NewInstitution, register};
        use linli_treatment::model::{InstitutionKind, Level};
        let here = Clinic::open(&test).await;
        let (ground, ctx) = (&here.ground, here.ground.ctx());
        let network = here.built.hall.service::<linli_treatment::Network>().unwrap();
        let of = |code: &str, name: &str, kind| NewInstitution {
            code: code.into(),
            name: name.into(),
            kind,
            level: Level::Tertiary,
            place: String::new(),
            address: String::new(),
            point: None,
            phone: String::new(),
            capabilities: Vec::new(),
            valid_from: None,
        };
        let mut tx = ground.db.begin(ground.district).await.unwrap();
        let mut made = Vec::new();
        for (code, name, kind) in [
            ("H1", "试验医院", InstitutionKind::Hospital),
            ("E1", "试验急救中心", InstitutionKind::EmergencyCentre),
            ("H2", "同名医院", InstitutionKind::Hospital),
            ("A1", "全区合计", InstitutionKind::Area),
        ] {
            made.push(register(&ctx, &mut tx, &network, &of(code, name, kind)).await.unwrap());
        }
        let now = ctx.now();
        for (said, wanted) in [("试验医院", made[0]), (" H1 ", made[0]), ("试验急救中心", made[1]), ("E1", made[1]), ("H2", made[2])] {
            let found = crate::commands::keys::called(&mut tx, said, now).await.unwrap();
            assert_eq!(found.0, wanted.0, "{said}");
        }
        assert_eq!(crate::commands::keys::called(&mut tx, "试验社区卫生服务中心", now).await.unwrap(), CENTRE);
        for nobody in ["没有这家", "全区合计", ""] {
            assert!(crate::commands::keys::called(&mut tx, nobody, now).await.is_err(), "{nobody}");
        }
        let new = NewKey { name: "县医院HIS", opens: Opens::Fhir, organisation: Some(OrganisationId(made[0].0)) };
        keys::add(&ctx, &mut tx, new).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn nobody_comes_in_without_a_key_to_this_door(test) {
        let here = Clinic::open(&test).await;
        let sent = spo2(here.zhang, 92, "08:30");
        for key in ["", "fhir_none", "dev_x"] {
            let got = here.with(key, "POST", "/Observation", Some(&sent), &[]).await;
            assert_eq!((got.refused(401, ""), got.header("www-authenticate")), ("login".to_owned(), "Bearer"), "{key}");
        }
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        let report = NewKey { name: "报事", opens: Opens::Open311, organisation: None };
        let wrong_door = keys::add(&here.ground.ctx(), &mut tx, report).await.unwrap();
        for wrong in [NewKey { name: "无", opens: Opens::Fhir, organisation: None }, NewKey { organisation: Some(CENTRE), ..report }] {
            let refused = keys::add(&here.ground.ctx(), &mut tx, NewKey { name: "另", ..wrong }).await;
            assert!(matches!(refused, Err(keys::KeyError::Institution)), "{wrong:?}");
        }
        tx.commit().await.unwrap();
        let got = here.with(wrong_door.secret_text(), "POST", "/Observation", Some(&sent), &[]).await;
        assert_eq!(got.status, 401, "a key to another door");
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        keys::revoke(&here.ground.ctx(), &mut tx, "中心").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(here.post("/Observation", &sent).await.status, 401, "a key that was closed");
        assert!(here.readings(here.zhang).await.is_empty());
    }

    async fn the_statement_says_what_there_is(test) {
        let here = Clinic::open(&test).await;
        let got = here.ask(Request::get("/fhir/metadata").body(Body::empty()).unwrap()).await;
        let statement = got.json();
        assert_eq!((got.status, statement["fhirVersion"].as_str()), (200, Some("4.0.1")));
        assert_eq!(statement["rest"][0]["resource"][0]["type"], "Observation");
        assert_eq!(statement["implementation"]["url"], "http://127.0.0.1/fhir");
        let head = here.ask(Request::head("/fhir/metadata").body(Body::empty()).unwrap()).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        for (query, accept, status) in [
            ("", "application/fhir+xml", 406),
            ("?_format=xml", "application/fhir+json", 406),
            ("?_format=json", "text/html", 200),
            ("?_format=application/fhir%2Bjson", "*/*", 200),
            ("", "application/fhir+json; fhirVersion=4.0", 200),
        ] {
            let request = Request::get(format!("/fhir/metadata{query}")).header("accept", accept);
            assert_eq!(here.ask(request.body(Body::empty()).unwrap()).await.status, status, "{query} {accept}");
        }
        for (method, path) in [("GET", ""), ("DELETE", "/Observation/1"), ("PATCH", "/Observation/1"), ("PUT", "/Observation")] {
            assert_eq!(here.with(&here.key, method, path, None, &[]).await.refused(405, ""), "not-supported", "{method} {path}");
        }
        let got = here.get("/Condition/1").await;
        assert_eq!(got.refused(404, ""), "not-supported");
        assert_eq!(here.with(&here.key, "DELETE", "/Condition/1", None, &[]).await.refused(404, ""), "not-supported");
    }

    async fn what_cannot_be_read_is_named(test) {
        let here = Clinic::open(&test).await;
        let raw = async |kind: &str, body: String| {
            let request = Request::post("/fhir/Observation")
                .header(header::AUTHORIZATION, format!("Bearer {}", here.key))
                .header(header::CONTENT_TYPE, kind);
            here.ask(request.body(Body::from(body)).unwrap()).await
        };
        assert_eq!(raw("application/fhir+xml", "<Observation/>".into()).await.refused(415, ""), "not-supported");
        assert_eq!(raw("application/fhir+json", "{\"resourceType\":".into()).await.refused(400, ""), "structure");
        let large = format!("{{\"resourceType\":\"Observation\",\"id\":\"{}\"}}", "x".repeat(300 * 1024));
        assert_eq!(raw("application/fhir+json", large).await.refused(413, ""), "too-long");
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(raw("application/fhir+json", deep).await.refused(400, ""), "structure");

        let good = || spo2(here.zhang, 95, "08:30");
        let changed = |pointer: &str, value: Value| {
            let mut resource = good();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            resource.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
            resource
        };
        for (resource, status, code, expression) in [
            (changed("/status", json!("preliminary")), 422, "business-rule", "Observation.status"),
            (changed("/status", json!("done")), 422, "code-invalid", "Observation.status"),
            (changed("/colour", json!("red")), 400, "structure", "Observation.colour"),
            (changed("/note", json!([])), 400, "structure", "Observation.note"),
            (changed("/issued", Value::Null), 400, "structure", "Observation.issued"),
            (changed("/modifierExtension", json!([{ "url": "x" }])), 422, "not-supported", "Observation.modifierExtension"),
            (changed("/effectiveDateTime", json!("2026-11-24")), 422, "value", "Observation.effectiveDateTime"),
            (changed("/effectiveDateTime", json!("2026-11-24T08:30:00")), 422, "value", "Observation.effectiveDateTime"),
            (changed("/effectiveDateTime", json!("2027-11-24T08:30:00Z")), 422, "value", "Observation.effectiveDateTime"),
            (changed("/effectiveDateTime", json!("2026-01-24T08:30:00Z")), 422, "value", "Observation.effectiveDateTime"),
            (changed("/code/coding", json!([{ "system": "http://loinc.org", "code": "29463-7" }])), 422, "not-supported", "Observation.code"),
            (changed("/valueQuantity/code", json!("kPa")), 422, "code-invalid", "Observation.valueQuantity.code"),
            (changed("/valueQuantity/comparator", json!("<")), 422, "not-supported", "Observation.valueQuantity.comparator"),
            (changed("/valueQuantity/value", json!("95")), 400, "structure", "Observation.valueQuantity.value"),
            (changed("/valueQuantity/value", json!(0.95)), 422, "value", "Observation.valueQuantity.value"),
            (changed("/valueQuantity/value", json!(118)), 422, "value", "Observation.valueQuantity.value"),
            (changed("/valueQuantity/value", json!(-5)), 422, "value", "Observation.valueQuantity.value"),
            (changed("/valueString", json!("gut")), 422, "value", "Observation.valueString"),
            (changed("/component", json!([{ "code": { "coding": [{ "system": "http://loinc.org", "code": "8867-4" }] } }])), 422, "not-supported", "Observation.component[0].code"),
            (changed("/subject", json!({ "display": "张奶奶" })), 422, "required", "Observation.subject.identifier"),
        ] {
            let got = here.post("/Observation", &resource).await;
            assert_eq!(got.refused(status, expression), code, "{resource}");
        }
        assert!(here.readings(here.zhang).await.is_empty(), "nothing of all that was taken");
        // What the sender wants back, and a create that is conditional.
        let minimal = here.with(&here.key, "POST", "/Observation", Some(&good()), &[("prefer", "return=minimal")]).await;
        assert_eq!((minimal.status, minimal.text.as_str()), (201, ""));
        let once = [("if-none-exist", "identifier=https://his.example/observation|c-1")];
        let made = here.with(&here.key, "POST", "/Observation", Some(&spo2(here.zhang, 96, "08:40")), &once).await.id(201);
        let again = here.with(&here.key, "POST", "/Observation", Some(&spo2(here.zhang, 96, "08:40")), &once).await.id(200);
        assert_eq!(made, again);
        let wrong = [("if-none-exist", "code=8867-4")];
        let got = here.with(&here.key, "POST", "/Observation", Some(&good()), &wrong).await;
        assert_eq!(got.refused(400, "http.If-None-Exist"), "not-supported");
        let strict = [("prefer", "handling=strict")];
        let path = format!("/Observation?subject={}&colour=red", here.zhang);
        assert_eq!(here.with(&here.key, "GET", &path, None, &strict).await.refused(400, "http.colour"), "not-supported");
        let lenient = here.get(&path).await.json();
        let last = lenient["entry"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((last["search"]["mode"].as_str(), last["resource"]["issue"][0]["severity"].as_str()), (Some("outcome"), Some("warning")));
    }
}
