//! What everybody is told, in both formats.

use linli_cases::Office;
use linli_cases::commands::NewReport;
use linli_geo::Point;
use linli_territory::model::EstateInput;
use serde_json::json;

use super::super::{Browser, COMMUNITY, on_both};
use super::*;

/// The tables of GeoReport v2 as schemas of our own.
fn fits(kind: &str, value: &Value) {
    let text = json!({ "type": ["string", "null"] });
    let instant = json!({ "type": ["string", "null"], "format": "date-time" });
    let number = json!({ "type": ["number", "null"] });
    let item = match kind {
        "services" => json!({
            "type": "object", "additionalProperties": false,
            "required": ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"],
            "properties": {
                "service_code": { "type": "string", "minLength": 1 }, "service_name": { "type": "string", "minLength": 1 },
                "description": text, "metadata": { "type": "boolean" }, "type": { "enum": ["realtime", "batch", "blackbox"] },
                "keywords": text, "group": text,
            },
        }),
        "errors" => json!({
            "type": "object", "additionalProperties": false, "required": ["code", "description"],
            "properties": { "code": { "type": "integer" }, "description": { "type": "string", "minLength": 1 } },
        }),
        _ => json!({
            "type": "object", "additionalProperties": false,
            "required": ["service_request_id", "status", "service_code", "requested_datetime", "updated_datetime"],
            "properties": {
                "service_request_id": { "type": "string", "minLength": 1 }, "status": { "enum": ["open", "closed"] },
                "status_notes": text, "service_name": text, "service_code": { "type": "string" }, "description": text,
                "agency_responsible": text, "service_notice": text,
                "requested_datetime": { "type": "string", "format": "date-time" }, "updated_datetime": instant,
                "expected_datetime": instant, "address": text, "address_id": text, "zipcode": text,
                "lat": number, "long": number, "media_url": text,
            },
        }),
    };
    let schema = json!({ "type": "array", "items": item });
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:?} in {value:#}");
}

on_both! {
    async fn the_endpoint_describes_itself(test) {
        let here = Endpoint::open(&test).await;
        let xml = here.get("discovery.xml").await;
        assert_eq!((xml.status, xml.kind()), (StatusCode::OK, "text/xml; charset=utf-8"));
        let begins = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<discovery>\n  <changeset>2026-11-26T00:00:00+08:00</changeset>\n";
        assert!(xml.text.starts_with(begins), "{}", xml.text);
        let endpoint = "    <endpoint>\n      <specification>http://wiki.open311.org/GeoReport_v2</specification>\n      \
            <url>http://127.0.0.1/open311/v2</url>\n      <changeset>2026-11-26T00:00:00+08:00</changeset>\n      <type>production</type>\n      \
            <formats>\n        <format>text/xml</format>\n        <format>application/json</format>\n      </formats>\n    </endpoint>\n";
        assert!(xml.text.contains(endpoint), "{}", xml.text);
        let json = here.get("discovery.json").await;
        assert_eq!(json.kind(), "application/json; charset=utf-8");
        assert_eq!(json.json()["endpoints"][0]["formats"], json!(["text/xml", "application/json"]));

        let services = here.get("services.json?jurisdiction_id=").await;
        fits("services", &services.json());
        assert_eq!(services.json(), here.get("services.json?jurisdiction_id=320102").await.json());
        let lamp = services.json().as_array().unwrap().iter().find(|s| s["service_code"] == "stair_lamp").unwrap().clone();
        assert_eq!((&lamp["service_name"], &lamp["metadata"], &lamp["type"]), (&json!("Stair lamp out"), &json!(false), &json!("realtime")));
        let xml = here.get("services.xml").await;
        assert!(xml.text.contains("<service_code>stair_lamp</service_code>\n    <service_name>Stair lamp out</service_name>\n"), "{}", xml.text);
    }

    async fn a_report_is_a_case_and_shows_what_a_board_shows(test) {
        let here = Endpoint::open(&test).await;
        let xml = here.post_bare("requests.xml", &[
            ("api_key", &here.key), ("service_code", "stair_lamp"), ("address_id", "E1/3栋/1单元"), ("description", "三楼灯不亮，张三家门口"),
            ("phone", "(025) 8888-0000"), ("email", ""), ("first_name", "三"), ("last_name", "张"), ("device_id", "d"), ("account_id", "a"),
            ("media_url", "http://127.0.0.1:1/photo.jpg"),
        ]).await;
        assert_eq!((xml.status, xml.kind()), (StatusCode::OK, "text/xml; charset=utf-8"), "{}", xml.text);
        let begins = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests>\n  <request>\n    \
            <service_request_id>2026-000001</service_request_id>\n    <service_notice>Promised for ";
        assert!(xml.text.starts_with(begins) && xml.text.contains("\n    <account_id></account_id>\n  </request>\n"), "{}", xml.text);

        let kept = here.kept("2026-000001").await;
        assert_eq!((kept.channel.as_str(), kept.class.as_str()), ("api", "stair_lamp"));
        assert_eq!(kept.description, "三楼灯不亮，张三家门口");
        assert_eq!(kept.place, here.ground.place("E1/3栋/1单元").await.path);

        let one = here.get("requests/2026-000001.json").await.json();
        fits("requests", &one);
        assert_eq!(one, json!([{
            "service_request_id": "2026-000001", "status": "open", "status_notes": "Received", "service_name": "Stair lamp out",
            "service_code": "stair_lamp", "description": null, "agency_responsible": one[0]["agency_responsible"], "service_notice": null,
            "requested_datetime": "2026-11-24T09:00:00+08:00", "updated_datetime": "2026-11-24T09:00:00+08:00",
            "expected_datetime": kept.due_at.unwrap().rfc3339(), "address": one[0]["address"], "address_id": "E1/3栋/1单元",
            "zipcode": null, "lat": null, "long": null, "media_url": null,
        }]));
        assert!(one[0]["address"].as_str().unwrap().starts_with("1单元, 3栋, 梧桐试验里, "), "{one}");
        assert!(one[0]["address"].as_str().unwrap().ends_with("玄武区, 南京市"), "{one}");
        assert!(one[0]["agency_responsible"].is_string());
        assert_eq!(here.get("requests.json").await.json(), one);
        let everything = format!("{}{}", here.get("requests.xml?extensions=true").await.text, here.get("requests.json?extensions=true").await.text);
        for private in ["张三", "8888", "photo.jpg", "三楼", "/r/"] {
            assert!(!everything.contains(private), "{private} in {everything}");
        }
        let steps = here.get("requests/2026-000001.json?extensions=true").await.json()[0]["notes"].clone();
        assert_eq!(steps, json!([{ "datetime": "2026-11-24T09:00:00+08:00", "description": "Received", "type": "reported" }]));
    }

    /// What is about those who work at a door hangs at the community, says where it was reported, and is kept from them.
    async fn a_complaint_says_where_it_was_made(test) {
        let here = Endpoint::open(&test).await;
        let id = here.made(&[("service_code", "conduct"), ("address_id", "E1/3栋/1单元"), ("description", "骂人")]).await;
        let kept = here.kept(&id).await;
        assert_eq!(kept.place, here.ground.place(COMMUNITY).await.path);
        assert!(kept.description.ends_with("（梧桐试验里 3栋 1单元）"), "{}", kept.description);
        assert!(kept.kept.roles.contains(&linli_access::Role::LifeSteward));
        assert_eq!(here.get(&format!("requests/{id}.json")).await.status.as_u16(), 404, "nobody outside knows of it");
    }

    async fn what_is_not_public_does_not_exist(test) {
        let here = Endpoint::open(&test).await;
        let services = here.get("services.json").await.json();
        let private = services.as_array().unwrap().iter().find(|s| s["group"] == "Not public").expect("a class that is not public");
        let id = here.made(&[("service_code", private["service_code"].as_str().unwrap()), ("address_id", "E1")]).await;
        let seen = here.lamp().await;
        let list = here.get("requests.json").await.json();
        assert_eq!(list.as_array().unwrap().iter().map(|r| r["service_request_id"].as_str().unwrap()).collect::<Vec<_>>(), [seen.as_str()]);
        assert_eq!(here.get(&format!("requests/{id}.json")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(here.get(&format!("requests.json?service_request_id={id},{seen}")).await.json(), list);
        // Staff may report at a home; that is not public, whatever its class.
        let (ctx, home) = (here.ground.ctx(), here.ground.place("E1/3栋/1单元/101").await.path);
        let office = here.built.hall.service::<Office>().unwrap();
        let input = NewReport {
            place: home.clone(), class: Some("stair_lamp".to_owned()), description: "灯".to_owned(), photos: Vec::new(), phone: None, point_e7: None,
        };
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        let inside = linli_cases::commands::report(&ctx, &mut tx, &office, input).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(here.get(&format!("requests/{}.json", inside.number)).await.status, StatusCode::NOT_FOUND);
        let everything = here.get("requests.xml?extensions=true").await.text;
        assert!(!everything.contains(home.as_str()) && !everything.contains(&inside.number), "{everything}");
        assert_eq!(here.post(&[("service_code", "stair_lamp"), ("address_id", "E1/3栋/1单元/101")]).await.status, StatusCode::BAD_REQUEST);
    }

    async fn a_case_that_ends_is_closed(test) {
        let here = Endpoint::open(&test).await;
        let (id, other) = (here.lamp().await, here.lamp().await);
        let steward = Browser::of(&here.built, Some(here.ground.session("S1").await));
        let case = here.kept(&id).await;
        assert_eq!(steward.post(&format!("/cases/{}/take", case.id), &[]).await.status, StatusCode::SEE_OTHER);
        here.ground.clock.set(at(2026, 11, 24, 10));
        let done = [("no_photo_because", "没有电"), ("done", "换了灯泡")];
        assert_eq!(steward.post(&format!("/cases/{}/finish", case.id), &done).await.status, StatusCode::SEE_OTHER);
        let waiting = here.get(&format!("requests/{id}.json")).await.json()[0].clone();
        assert_eq!((&waiting["status"], &waiting["status_notes"]), (&json!("open"), &json!("Done, waiting for the reporter")));
        here.ground.clock.set(at(2026, 11, 24, 11));
        let secretary = Browser::of(&here.built, Some(here.ground.session("C1").await));
        let ended = secretary.post(&format!("/cases/{}/confirm", case.id), &[("told_by", "phone"), ("words", "好了")]).await;
        assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text);
        let closed = here.get("requests.json?status=closed").await.json();
        assert_eq!((closed.as_array().unwrap().len(), &closed[0]["service_request_id"]), (1, &json!(id)));
        assert_eq!(closed[0]["updated_datetime"], "2026-11-24T11:00:00+08:00");
        assert_eq!(here.get("requests.json?status=open").await.json()[0]["service_request_id"], json!(other));
        let notes = here.get(&format!("requests/{id}.json?extensions=true")).await.json()[0]["notes"].clone();
        let types: Vec<&str> = notes.as_array().unwrap().iter().map(|n| n["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["reported", "taken", "finished", "confirmed"], "{notes}");
        assert!(!notes.to_string().contains("换了灯泡"));
    }

    async fn points_lead_to_places(test) {
        let here = Endpoint::open(&test).await;
        let ctx = here.ground.ctx();
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        let estate = |code: &str, name: &str, lon: f64| EstateInput {
            code: code.into(),
            community: COMMUNITY.into(),
            name: name.into(),
            point: Some(Point::from_degrees(lon, 32.07).unwrap()),
            ..EstateInput::default()
        };
        linli_territory::commands::put_estates(&ctx, &mut tx, &[estate("E1", "梧桐试验里", 118.80), estate("E2", "银杏试验里", 118.804)])
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let sent = |lat: &'static str, long: &'static str| [("service_code", "bin_full"), ("lat", lat), ("long", long)];
        let near = here.made(&sent("32.0701", "118.8031234567")).await;
        assert_eq!(here.kept(&near).await.place, here.ground.place("E2").await.path);
        let shown = here.get(&format!("requests/{near}.json")).await.json()[0].clone();
        assert_eq!((&shown["lat"], &shown["long"], &shown["address_id"]), (&json!(32.07), &json!(118.803), &json!("E2")));
        let kept = here.kept(&near).await;
        assert_eq!((kept.lat_e7, kept.lon_e7), (Some(320_701_000), Some(1_188_031_235)), "what is kept is not rounded");
        // The second of a report is not told, neither by its own time nor by the promise, nor by asking for narrower and narrower spans.
        here.ground.clock.advance_secs(17);
        let late = here.made(&sent("32.0701", "118.8031")).await;
        let kept = here.kept(&late).await;
        assert_eq!(kept.reported_at.0 % 60_000_000, 17_000_000);
        let shown = here.get(&format!("requests/{late}.json?extensions=true")).await.json()[0].clone();
        for field in ["requested_datetime", "updated_datetime", "expected_datetime"] {
            let told = shown[field].as_str().unwrap();
            assert!(told.ends_with(":00+08:00"), "{field} {told}");
        }
        assert!(shown["notes"][0]["datetime"].as_str().unwrap().ends_with(":00+08:00"), "{shown}");
        let ids = async |span: &str| {
            let list = here.get(&format!("requests.json?{span}")).await.json();
            list.as_array().unwrap().iter().map(|r| r["service_request_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let minute = shown["requested_datetime"].as_str().unwrap().trim_end_matches(":00+08:00").to_owned();
        for span in ["start_date={}:50%2B08:00&end_date={}:59%2B08:00", "start_date={}:00%2B08:00&end_date={}:00%2B08:00"] {
            assert!(ids(&span.replace("{}", &minute)).await.contains(&late), "{span}");
        }
        let far = here.made(&sent("32.2", "118.80")).await;
        assert_eq!(here.kept(&far).await.place, here.ground.place("320102").await.path);

        // Another city is not the district: with estates around here, a point a thousand kilometres off hangs nowhere.
        let refused = here.post(&sent("39.9", "116.4")).await;
        assert!(refused.status == StatusCode::BAD_REQUEST && refused.text.contains("50 km"), "{}", refused.text);

        // The example of the specification sends words beside the point; words alone hang at the district.
        let both = here.made(&[("service_code", "bin_full"), ("lat", "32.0701"), ("long", "118.8001"), ("address_string", "1234 5th street")]).await;
        let both = here.kept(&both).await;
        assert_eq!(both.place, here.ground.place("E1").await.path);
        assert!(both.description.ends_with("\nPlace as sent: 1234 5th street"), "{}", both.description);
        let words = here.made(&[("service_code", "bin_full"), ("address_string", "北门旁边"), ("description", "满了")]).await;
        let words = here.kept(&words).await;
        assert_eq!((words.place, words.description.as_str()), (here.ground.place("320102").await.path, "满了\nPlace as sent: 北门旁边"));
        let board = here.ground.code(&here.ground.place("E2/1栋/1单元").await.path).await;
        let at_board = here.made(&[("service_code", "bin_full"), ("address_id", &board)]).await;
        assert_eq!(here.kept(&at_board).await.place, here.ground.place("E2/1栋/1单元").await.path);

        // An outline around the point goes before the point of an estate farther up.
        let box_of = |w: f64, s: f64, e: f64, n: f64| json!({ "type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]] }).to_string();
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        let community = here.ground.place("320102002001").await;
        let input = linli_territory::commands::BoundaryInput {
            path: community.path.clone(),
            geometry: box_of(118.79, 32.19, 118.81, 32.21),
            crs: linli_geo::Crs::Wgs84,
            source: "试验".into(),
        };
        linli_territory::commands::put_boundary(&ctx, &mut tx, &input).await.unwrap();
        tx.commit().await.unwrap();
        let inside = here.made(&sent("32.2", "118.80")).await;
        assert_eq!(here.kept(&inside).await.place, community.path);
        // An outline that was recorded before there were boxes is found without one, and is given one.
        let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
        let forget = "UPDATE boundary SET min_lon_e7 = NULL, min_lat_e7 = NULL, max_lon_e7 = NULL, max_lat_e7 = NULL WHERE district_id = $1";
        linli_db::exec!(&mut tx.conn().unwrap(), sqlx::query(forget).bind(here.ground.district)).unwrap();
        tx.commit().await.unwrap();
        for boxed in [1, 0] {
            let inside = here.made(&sent("32.2", "118.80")).await;
            assert_eq!(here.kept(&inside).await.place, community.path);
            let mut tx = here.ground.db.begin(here.ground.district).await.unwrap();
            assert_eq!(linli_territory::commands::box_outlines(&mut tx, 10).await.unwrap(), boxed);
            tx.commit().await.unwrap();
        }
    }

    async fn spans_lists_and_pages(test) {
        let here = Endpoint::open(&test).await;
        let mut ids = Vec::new();
        for (day, class) in [(1, "stair_lamp"), (2, "bin_full"), (3, "stair_lamp")] {
            // Clocks tell parts of a second; answers do not.
            here.ground.clock.set(linli_kernel::Ts(at(2026, 6, day, 8).0 + 345_678));
            ids.push(here.made(&[("service_code", class), ("address_id", "E1")]).await);
        }
        here.ground.clock.set(at(2026, 11, 24, 9));
        ids.push(here.lamp().await);
        let found = async |query: &str| {
            let got = here.get(&format!("requests.json?{query}")).await;
            assert_eq!(got.status, StatusCode::OK, "{query}: {}", got.text);
            got.json().as_array().unwrap().iter().map(|r| r["service_request_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let wanted = |which: &[usize]| which.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>();
        assert_eq!(found("").await, wanted(&[3]), "the last 90 days");
        assert_eq!(found("start_date=2026-06-01T00:00:00Z&end_date=2026-06-02T00:00:00Z").await, wanted(&[1, 0]), "ends belong to it");
        assert_eq!(found("start_date=2026-06-02T08:00:00%2B08:00&end_date=2026-06-02T08:00:00+08:00").await, wanted(&[1]));
        assert_eq!(found("start_date=2026-06-01T00:00:00Z").await, wanted(&[2, 1, 0]));
        assert_eq!(found("start_date=2026-06-01T00:00:00Z&service_code=bin_full").await, wanted(&[1]));
        assert_eq!(found("start_date=2026-06-01T00:00:00Z&service_code=bin_full,stair_lamp").await, wanted(&[2, 1, 0]));
        assert_eq!(found("start_date=2026-06-01T00:00:00Z&page=2&page_size=2").await, wanted(&[0]));
        assert_eq!(found("start_date=2026-06-01T00:00:00Z&page=9&page_size=2").await, Vec::<String>::new());
        assert_eq!(found(&format!("service_request_id={},{},nothing&status=closed&start_date=nonsense", ids[0], ids[3])).await, wanted(&[3, 0]));
        assert_eq!(here.get("requests.xml?service_request_id=nothing").await.text,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<service_requests></service_requests>\n");
    }

    async fn photos_are_cleaned_and_stay_inside(test) {
        let here = Endpoint::open(&test).await;
        let mut picture = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_pixel(40, 30, image::Rgb([200, 120, 30])).write_to(&mut picture, image::ImageFormat::Png).unwrap();
        let send = async |name: &str, bytes: &[u8]| {
            let mut body = Vec::new();
            for (field, value) in [("api_key", here.key.as_str()), ("service_code", "stair_lamp"), ("address_id", "E1"), ("description", "灯")] {
                body.extend(format!("--B1\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").into_bytes());
            }
            body.extend(format!("--B1\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n").into_bytes());
            body.extend(bytes);
            body.extend(b"\r\n--B1--\r\n");
            let request = Request::post("/open311/v2/requests.json").header(header::CONTENT_TYPE, "multipart/form-data; boundary=B1");
            here.ask(request.body(Body::from(body)).unwrap()).await
        };
        let taken = send("a.png", picture.get_ref()).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
        let case = here.kept(taken.json()[0]["service_request_id"].as_str().unwrap()).await;
        let steward = Browser::of(&here.built, Some(here.ground.session("M1").await));
        assert_eq!(steward.get(&format!("/cases/{}/photo/1", case.id)).await.status, StatusCode::OK);
        let refused = send("a.exe", b"MZ no picture").await;
        assert_eq!((refused.status, refused.kind()), (StatusCode::BAD_REQUEST, "application/json; charset=utf-8"), "{}", refused.text);
        fits("errors", &refused.json());
    }
}
