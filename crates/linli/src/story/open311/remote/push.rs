//! What is handed over: once, and followed; and two of us against each other.

use super::*;

/// Somebody who works in the whole district, and an officer of it.
async fn officers(ground: &Ground) {
    let mut tx = ground.db.begin(ground.district).await.unwrap();
    let organisation = Some("试验区办".to_owned());
    for (code, role) in [("O1", Role::PropertyManager), ("O2", Role::DistrictOfficer)] {
        let person = PersonInput {
            code: code.into(),
            name: format!("钱{code}"),
            organisation_kind: None,
            organisation_name: organisation.clone(),
            organisation_credit_code: None,
            work_phone: None,
        };
        linli_people::commands::put_people(&ground.ctx(), &mut tx, &[person]).await.unwrap().pop().unwrap().accepted().unwrap();
        let post = AppointmentInput {
            person_code: code.into(),
            organisation_name: organisation.clone(),
            role: role.as_str().into(),
            title: String::new(),
            place: "320102".into(),
            grid_code: None,
            public_phone: None,
            valid_from: at(2024, 1, 1, 0),
            valid_to: None,
        };
        let mut taken = linli_people::commands::put_appointments(&ground.ctx(), &mut tx, &[post]).await.unwrap();
        taken.pop().unwrap().accepted().unwrap();
    }
    tx.commit().await.unwrap();
}

on_both! {
    async fn a_case_is_handed_over_once_and_followed(test) {
        let here = Endpoint::open(&test).await;
        let city = City::open(knowing(vec![])).await;
        here.remote("市政", &city.url(), |_| ()).await;
        let number = here.lamp().await;
        here.hand_over(&number, "市政").await.unwrap();
        assert!(here.hand_over(&number, "市政").await.unwrap_err().to_string().contains("was handed over to 市政 before"));
        let accept = |rows: Vec<Value>| {
            let others = knowing(rows);
            move |question: &Question| match question.method.as_str() {
                "POST" => axum::Json(json!([{ "service_request_id": 77 }])).into_response(),
                _ => others(question),
            }
        };
        city.says(accept(vec![row("77", "open")]));
        assert_eq!(here.run("市政").await.sent, 1);
        let posted = city.posts();
        assert_eq!(posted.len(), 1);
        assert_eq!((posted[0].arg("api_key").unwrap().as_str(), posted[0].arg("service_code").unwrap().as_str()), ("their-secret-key", "SL-1"));
        assert!(posted[0].arg("description").unwrap().contains("三楼灯不亮") && posted[0].arg("address_string").unwrap().contains("3栋"));
        assert!(!posted[0].key.is_empty());
        assert_eq!(here.run("市政").await, Ran::default(), "nothing is sent twice, and that it is open is no news");
        assert_eq!((city.posts().len(), here.stage().await.0.as_str()), (1, "sent"));
        let mut done = row("77", "closed");
        done["status_notes"] = json!("repaired");
        city.says(accept(vec![done]));
        here.run("市政").await;
        let case = here.kept(&number).await;
        assert_eq!((case.state, case.ended_how), (CaseState::Closed, Some(Ending::Elsewhere)));
        let kinds: Vec<usize> = vec![
            here.ground.facts_of(here.ground.district, "cases.handed_elsewhere").await.len(),
            here.ground.facts_of(here.ground.district, "cases.sent_elsewhere").await.len(),
            here.ground.facts_of(here.ground.district, "cases.ended_elsewhere").await.len(),
        ];
        assert_eq!(kinds, [1, 1, 1]);
        assert!(here.hand_over(&number, "市政").await.is_err(), "a closed case is not handed over");
        let complaint = here.made(&[("service_code", "conduct"), ("address_id", "E1"), ("description", "楼下的管家态度恶劣")]).await;
        let refused = here.hand_over(&complaint, "市政").await.unwrap_err().to_string();
        assert!(refused.contains("is kept from somebody who works here"), "{refused}");
        assert!(here.ground.facts_of(here.ground.district, "cases.handed_elsewhere").await.len() == 1, "and nothing says that it was");
        here.is_clean().await;
    }

    async fn a_token_is_redeemed_and_a_refusal_is_kept(test) {
        let here = Endpoint::open(&test).await;
        let city = City::open(|question| match (question.method.as_str(), question.path.as_str()) {
            ("POST", _) => axum::Json(json!([{ "token": "t/1" }])).into_response(),
            (_, "/v2/services.json") => axum::Json(json!([])).into_response(),
            _ => (StatusCode::NOT_FOUND, "[{\"code\":404,\"description\":\"not yet\"}]").into_response(),
        }).await;
        here.remote("市政", &city.url(), |_| ()).await;
        let number = here.lamp().await;
        here.hand_over(&number, "市政").await.unwrap();
        assert_eq!(here.run("市政").await.sent, 0);
        assert_eq!(here.stage().await.0, "token");
        here.run("市政").await;
        let (stage, problem) = here.stage().await;
        assert!(stage == "token" && problem.contains("not yet"), "{problem}");
        city.says(|question| match question.path.as_str() {
            "/v2/tokens/t%2F1.json" => axum::Json(json!([{ "service_request_id": "9", "token": "t/1" }])).into_response(),
            _ => axum::Json(json!([])).into_response(),
        });
        assert_eq!(here.run("市政").await.sent, 1);
        assert_eq!((here.stage().await.0.as_str(), city.posts().len()), ("sent", 1));

        let other = City::open(|question| match question.method.as_str() {
            "POST" => (StatusCode::FORBIDDEN, "[{\"code\":403,\"description\":\"bad key\"}]").into_response(),
            _ => axum::Json(json!([])).into_response(),
        }).await;
        here.remote("水务", &other.url(), |_| ()).await;
        here.hand_over(&number, "水务").await.unwrap();
        here.run("水务").await;
        here.run("水务").await;
        assert_eq!(other.posts().len(), 1, "what was refused is not sent again by itself");
        let refused = here.ground.facts_of(here.ground.district, "cases.refused_elsewhere").await;
        assert!(refused.len() == 1 && refused[0]["number"] == number.as_str(), "the case says that it goes on here: {refused:?}");
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        client::try_again(&here.ground.ctx(), &mut tx, &number, "水务").await.unwrap();
        tx.commit().await.unwrap();
        here.run("水务").await;
        assert_eq!(other.posts().len(), 2);
        here.is_clean().await;
    }

    async fn an_attempt_that_was_cut_off_is_looked_up_before_it_is_sent_again(test) {
        let here = Endpoint::open(&test).await;
        // It takes the form and never answers.
        let silent = |question: &Question| match question.method.as_str() {
            "POST" => StatusCode::BAD_GATEWAY.into_response(),
            _ => axum::Json(json!([])).into_response(),
        };
        let city = City::open(silent).await;
        here.remote("市政", &city.url(), |_| ()).await;
        let number = here.lamp().await;
        here.hand_over(&number, "市政").await.unwrap();
        here.run("市政").await;
        here.run("市政").await;
        assert_eq!((here.stage().await.0.as_str(), city.posts().len()), ("sending", 1), "it is left alone for a while");
        here.wait(700);
        // It is there: the mark in the words says so.
        let words = city.posts()[0].arg("description").unwrap();
        let mut there = row("55", "open");
        there["description"] = json!(words);
        there["requested_datetime"] = json!("2026-11-24T01:00:00Z");
        city.says(knowing(vec![row("54", "open"), there]));
        assert_eq!(here.run("市政").await.sent, 1);
        assert_eq!((here.stage().await.0.as_str(), city.posts().len()), ("sent", 1));

        // It is not listed: the server may look at what comes before it shows it. Nothing is sent twice unless a person has looked.
        let other = City::open(silent).await;
        here.remote("水务", &other.url(), |_| ()).await;
        here.hand_over(&number, "水务").await.unwrap();
        here.run("水务").await;
        here.wait(700);
        let taken = knowing(vec![]);
        other.says(move |question| match question.method.as_str() {
            "POST" => axum::Json(json!([{ "service_request_id": "1" }])).into_response(),
            _ => taken(question),
        });
        assert_eq!((here.run("水务").await.sent, other.posts().len()), (0, 1));
        here.wait(7_000);
        assert_eq!((here.run("水务").await.sent, other.posts().len()), (0, 1), "it was sent twice");
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        client::try_again(&here.ground.ctx(), &mut tx, &number, "水务").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((here.run("水务").await.sent, other.posts().len()), (1, 2));

        // It may be there, and words are not shown: a person decides, and nothing new is pulled meanwhile.
        let dumb = City::open(silent).await;
        here.remote("电力", &dumb.url(), |new| new.pulls = true).await;
        here.hand_over(&number, "电力").await.unwrap();
        here.run("电力").await;
        here.wait(700);
        let mut alike = row("31", "open");
        alike["description"] = Value::Null;
        alike["requested_datetime"] = Value::Null;
        dumb.says(knowing(vec![alike]));
        let ran = here.run("电力").await;
        assert!((ran.sent, ran.pulled.new) == (0, 0) && ran.pulled.reasons[0].contains("settled"), "{ran:?}");
        assert_eq!(dumb.posts().len(), 1);
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        client::settle(&here.ground.ctx(), &mut tx, (&number, "电力"), "31").await.unwrap();
        tx.commit().await.unwrap();
        let ran = here.run("电力").await;
        assert_eq!((ran.problem, ran.pulled.new), (None, 0), "what we sent is no other case");
        assert_eq!(dumb.posts().len(), 1);
        here.is_clean().await;
    }

    async fn a_key_is_sealed_and_sent_where_it_cannot_be_read(test) {
        let here = Endpoint::open(&test).await;
        here.remote("市政", "https://city.example/v2", |new| new.inside = false).await;
        let new = |url: &str| NewRemote {
            name: "x".to_owned(), url: url.to_owned(), jurisdiction: None, place_key: "E1".to_owned(), mapping: USUAL.to_owned(),
            key: Some("k".to_owned()), inside: false, idempotent: false, pulls: true,
        };
        let said = async |new: NewRemote| {
            let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
            client::add(&here.ground.ctx(), &mut tx, &here.built.office, new).await.unwrap_err().to_string()
        };
        assert!(said(new("http://city.example/v2")).await.contains("over https only"));
        assert!(said(new("city.example")).await.contains("is no address"));
        assert!(said(NewRemote { place_key: "E9".to_owned(), ..new("https://city.example") }).await.contains("no place E9"));
        assert!(said(NewRemote { mapping: "default = \"x\"".to_owned(), ..new("https://city.example") }).await.contains("no class x"));
        assert!(said(NewRemote { name: "市政".to_owned(), ..new("https://city.example") }).await.contains("called 市政 already"));
        let mut read = here.ground.db.read().await.unwrap();
        let kept = client::list(&here.ground.ctx(), &mut read.conn(), here.ground.district).await.unwrap();
        let sealed = kept[0].key_sealed.clone().unwrap();
        assert!(!String::from_utf8_lossy(&sealed).contains("their-secret-key"));
        assert_eq!(here.built.office.vault().open(&sealed).as_deref(), Some("their-secret-key"));
        drop(read);
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        client::remove(&here.ground.ctx(), &mut tx, "市政").await.unwrap();
        tx.commit().await.unwrap();
        assert!(here.ground.facts_of(here.ground.district, "open311.remote_added").await[0].to_string().contains("\"key\":true"));
    }

    async fn two_of_us(test) {
        let a = Endpoint::open(&test).await;
        let other = match test.config.url {
            Some(_) => TestDb::postgres().await.unwrap(),
            None => TestDb::sqlite().await,
        };
        let b = Endpoint::open(&other).await;
        let url = format!("http://{}{V2}", serve(b.built.router.clone()).await);
        a.remote("乙区", &url, |new| {
            (new.key, new.idempotent, new.pulls) = (Some(b.key.clone()), true, true);
            new.mapping = USUAL.to_owned();
        }).await;
        let number = a.lamp().await;
        a.hand_over(&number, "乙区").await.unwrap();
        assert_eq!(a.run("乙区").await.sent, 1);
        let there = b.kept("2026-000001").await;
        assert!(there.class == "stair_lamp" && there.description.contains("三楼灯不亮") && there.description.contains("[linli:"), "{there:?}");
        // The attempt is not known to have arrived: the same form again is the same case.
        for _ in 0..2 {
            let ran = a.run("乙区").await;
            assert_eq!((ran.problem, ran.sent, ran.pulled.new), (None, 0, 0));
        }
        // What others report there is pulled; what came from us is not.
        b.lamp().await;
        assert_eq!(a.run("乙区").await.pulled.new, 1);
        // Words alone lead to the district; somebody solves it there, an officer asks and confirms.
        officers(&b.ground).await;
        let (one, two) = (b.ground.session("O1").await, b.ground.session("O2").await);
        let (one, two) = (Browser::of(&b.built, Some(one)), Browser::of(&b.built, Some(two)));
        let step = async |who: &Browser, what: &str, fields: &[(&str, &str)]| {
            b.wait(60);
            let done = who.post(&format!("/cases/{}/{what}", there.id), fields).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{what}: {}", done.text);
        };
        step(&one, "take", &[]).await;
        step(&one, "finish", &[("no_photo_because", "没有电"), ("done", "换了灯泡")]).await;
        a.run("乙区").await;
        assert_eq!(a.kept(&number).await.state, CaseState::Reported, "what is not closed there is not closed here");
        step(&two, "confirm", &[("told_by", "phone"), ("words", "好了")]).await;
        a.run("乙区").await;
        let ours = a.kept(&number).await;
        assert_eq!((ours.state, ours.ended_how), (CaseState::Closed, Some(Ending::Elsewhere)));
        a.is_clean().await;
        b.is_clean().await;
    }
}
