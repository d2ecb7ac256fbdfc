//! The register: organisations, places, beds and services, as they stand at every moment.

use linli_db::Db;
use linli_treatment::commands::institutions::{self, NewUnit};
use linli_treatment::commands::opening;
use linli_treatment::model::UnitKind;
use linli_treatment::model::beds::EntryKind;
use serde_json::json;

use crate::ground::{FAR, Ground, NEAR, act, at};

linli_db::both_databases! {
    async fn a_free_bed_is_found_near_by_and_is_gone_when_it_is_taken(db: Db) {
        let ground = Ground::lay(db).await;
        let free = "/Location?operational-status=U&type=ICU&near=32.05|118.80|5|km";
        assert_eq!(ground.get(free).await.ids("match"), Vec::<String>::new(), "what nobody told is not free");
        let of = |member: &crate::ground::Member| format!("{}.icu", member.unit);
        ground.icu(&ground.county, 2).await;
        ground.icu(&ground.lead, 4).await;
        assert_eq!(ground.get(free).await.ids("match"), [of(&ground.county), of(&ground.lead)], "the nearest on top, of any district");
        let close = "/Location?operational-status=U&type=ICU&near=32.05|118.80|500|m";
        assert_eq!(ground.get(close).await.ids("match"), [of(&ground.county)]);
        ground.beds(&ground.county, &[(EntryKind::Occupied, 2)]).await;
        assert_eq!(ground.get(free).await.ids("match"), [of(&ground.lead)], "no restart, no wait");
        let full = ground.get(&format!("/Location/{}", of(&ground.county))).await.fine(200);
        assert_eq!(full["operationalStatus"]["code"], "O");
        assert_eq!((full["mode"].as_str(), full["physicalType"]["coding"][0]["code"].as_str()), (Some("kind"), Some("bd")));
        let counts = full["extension"][0]["extension"].as_array().unwrap();
        let count = |name: &str| counts.iter().find(|one| one["url"] == name).map(|one| one["valueInteger"].as_i64().unwrap());
        assert_eq!((count("open"), count("occupied"), count("available")), (Some(2), Some(2), Some(0)));
        // Zero beds are none that can be used; what is unknown has no status and no count.
        ground.beds(&ground.county, &[(EntryKind::Occupied, 0), (EntryKind::Open, 0)]).await;
        let closed = ground.get(&format!("/Location/{}", of(&ground.county))).await.fine(200);
        assert_eq!(closed["operationalStatus"]["code"], "C");
        ground.beds(&ground.centre, &[(EntryKind::InPlace, 3)]).await;
        let unknown = ground.get(&format!("/Location/{}", of(&ground.centre))).await.fine(200);
        assert!(unknown.get("operationalStatus").is_none(), "{unknown}");
        let counts = unknown["extension"][0]["extension"].to_string();
        assert!(counts.contains("in-place") && !counts.contains("\"open\"") && !counts.contains("available"), "{counts}");
    }

    async fn organisations_and_their_grids_are_read_with_what_belongs_to_them(db: Db) {
        let ground = Ground::lay(db).await;
        let lead = ground.get(&format!("/Organization/{}", ground.lead.id)).await.fine(200);
        assert_eq!((lead["name"].as_str(), lead["active"].as_bool()), (Some("秦淮中心医院"), Some(true)));
        assert_eq!(lead["identifier"][0], json!({ "use": "official", "system": "urn:linli:fhir:institution-code", "value": "0003" }));
        let grid = ground.grid.id.to_string();
        let found = ground.get("/Organization?identifier=urn:linli:fhir:grid-code|G01&_revinclude=OrganizationAffiliation:primary-organization").await;
        assert_eq!((found.ids("match"), found.ids("include").len()), (vec![grid.clone()], 3));
        let members = ground.get(&format!("/OrganizationAffiliation?primary-organization=Organization/{grid}&role=lead")).await;
        let entry = &members.fine(200)["entry"][0]["resource"];
        assert_eq!(entry["participatingOrganization"]["reference"], format!("Organization/{}", ground.lead.id));
        let with = "/OrganizationAffiliation?participating-organization=".to_owned() + &ground.centre.id.to_string();
        let with = with + "&_include=OrganizationAffiliation:participating-organization&_include=OrganizationAffiliation:primary-organization";
        let mut along = ground.get(&with).await.ids("include");
        along.sort();
        let mut wanted = [grid, ground.centre.id.to_string()];
        wanted.sort();
        assert_eq!(along, wanted);
        let named = ground.get("/Organization?name=%E7%8E%84%E6%AD%A6").await.ids("match");
        assert_eq!(named, [ground.county.id.to_string()], "玄武");
        assert_eq!(ground.get("/Organization?name:contains=%E4%B8%AD%E5%BF%83").await.ids("match").len(), 2, "中心");
    }

    async fn a_service_has_the_hours_of_its_unit(db: Db) {
        let ground = Ground::lay(db).await;
        let path = format!("/HealthcareService?location=Location/{}", ground.centre.unit);
        let found = ground.get(&path).await.fine(200);
        let service = &found["entry"][0]["resource"];
        assert_eq!(service["availableTime"].as_array().unwrap().len(), 5, "{service}");
        assert_eq!(service["availableTime"][0], json!({ "daysOfWeek": ["mon"], "availableStartTime": "08:00:00", "availableEndTime": "17:00:00" }));
        let ctx = ground.system();
        let day = jiff::civil::date(2026, 11, 26);
        act!(ground, NEAR, tx => opening::close_on(&ctx, tx, ground.centre.unit, day, true)).unwrap();
        let service = ground.get(&path).await.fine(200)["entry"][0]["resource"].clone();
        assert_eq!(service["notAvailable"][0]["during"]["start"], "2026-11-26");
        act!(ground, NEAR, tx => opening::set_hours(&ctx, tx, ground.centre.unit, day, "24小时")).unwrap();
        let service = ground.get(&path).await.fine(200)["entry"][0]["resource"].clone();
        assert_eq!(service["availableTime"].as_array().unwrap().len(), 5, "the new hours begin later");
        ground.clock.set(at(27, 9, 0));
        let service = ground.get(&path).await.fine(200)["entry"][0]["resource"].clone();
        assert_eq!((&service["availableTime"][0]["allDay"], service.get("notAvailable")), (&json!(true), None), "{service}");
        let icu = ground.get(&format!("/HealthcareService/{}", ground.lead.unit)).await.fine(200);
        assert!(icu.get("availableTime").is_none(), "hours that nobody told are not invented");
    }

    async fn pages_lead_on_and_versions_say_whether_anything_changed(db: Db) {
        let ground = Ground::lay(db).await;
        let (mut path, mut seen) = ("/Location?_count=2".to_owned(), Vec::new());
        loop {
            let got = ground.get(&path).await;
            seen.extend(got.ids("match"));
            let bundle = got.fine(200);
            assert_eq!(bundle["total"], 6, "three sites and three units");
            let links = bundle["link"].as_array().unwrap().clone();
            let Some(next) = links.iter().find(|link| link["relation"] == "next") else { break };
            path = next["url"].as_str().unwrap().strip_prefix("https://linli.example/fhir").unwrap().to_owned();
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (6, 6), "each once");
        let count = ground.get("/Location?_summary=count").await.fine(200);
        assert_eq!((count["total"].as_i64(), count.get("entry")), (Some(6), None));

        let one = format!("/Location/{}", ground.lead.id);
        let before = ground.get(&one).await;
        let tag = before.header("etag").to_owned();
        let same = ground.with(&ground.county.key, "GET", &one, None, &[("if-none-match", &tag)]).await;
        assert_eq!((same.status, same.text.as_str(), before.fine(200)["meta"]["versionId"].as_str()), (304, "", tag.get(3..19)));
        ground.clock.set(at(25, 9, 0));
        assert_eq!(ground.get("/Location?_lastUpdated=gt2026-11-24").await.ids("match"), Vec::<String>::new());
        let ctx = ground.system();
        let ward = NewUnit::of(UnitKind::Ward, "呼吸科");
        let unit = act!(ground, FAR, tx => institutions::add_unit(&ctx, tx, &ground.network, ground.lead.id, &ward)).unwrap();
        let updated = ground.get("/Location?_lastUpdated=gt2026-11-24&type=HU").await.ids("match");
        assert_eq!(updated, [unit.to_string()]);
        act!(ground, FAR, tx => institutions::close(&ctx, tx, ground.lead.id, at(25, 9, 0))).unwrap();
        let closed = ground.with(&ground.county.key, "GET", &one, None, &[("if-none-match", &tag)]).await;
        assert_eq!((closed.fine(200)["status"].as_str(), closed.header("etag") == tag), (Some("inactive"), false));
        assert!(!ground.get("/Location?status=active").await.ids("match").contains(&unit.to_string()));
        let locked_out = ground.with(&ground.lead.key, "GET", &one, None, &[]).await;
        assert_eq!(locked_out.refused(403, ""), "forbidden", "whoever has left the network reads nothing of it");
    }

    async fn what_is_searched_by_is_what_the_standard_names_and_what_is_not_known_is_refused(db: Db) {
        let ground = Ground::lay(db).await;
        let grids = ground.get("/Organization?type=grid").await.ids("match");
        assert_eq!(grids, [ground.grid.id.to_string()]);
        assert_eq!(ground.get("/Organization?type:not=grid").await.ids("match").len(), 3);
        for (query, wanted) in [
            ("address-state=%E6%B1%9F%E8%8B%8F", 3),
            ("address-state=%E5%8C%97%E4%BA%AC", 0),
            ("address-country=CN", 3),
            ("address-city=x", 0),
            ("address-postalcode=100000", 0),
            ("address-use=work", 3),
            ("address-use=home", 0),
            ("address:contains=%E7%8E%84%E6%AD%A6", 2),
            ("operational-status:missing=false", 0),
            ("status:not=inactive", 6),
        ] {
            assert_eq!(ground.get(&format!("/Location?{query}")).await.ids("match").len(), wanted, "{query}");
        }
        let site = ground.get(&format!("/Location/{}", ground.lead.id)).await.fine(200);
        assert_eq!((site["address"]["state"].as_str(), site["address"]["district"].as_str()), (Some("江苏省"), Some("秦淮区")));
        for wrong in ["status:text=active", "organization.name=a", "name:below=a", "partof:Location.name=a"] {
            let name = wrong.split('=').next().unwrap();
            let refused = ground.get(&format!("/Location?{wrong}")).await;
            assert_eq!(refused.refused(400, &format!("http.{name}")), "not-supported", "{wrong}");
        }
        let own = ground.get("/SearchParameter?base=Location").await.fine(200)["entry"][0]["resource"].clone();
        assert_eq!((own["code"].as_str(), own["expression"].as_str()), (Some("physical-type"), Some("Location.physicalType")));
        let statement = ground.get("/metadata").await.fine(200);
        let resources = statement["rest"][0]["resource"].as_array().unwrap();
        let location = resources.iter().find(|one| one["type"] == "Location").unwrap();
        let parameters = location["searchParam"].as_array().unwrap();
        let physical = parameters.iter().find(|one| one["name"] == "physical-type").unwrap();
        assert_eq!(physical["definition"], own["url"], "where it is defined can be read");
    }

    async fn the_register_is_for_the_network_alone(db: Db) {
        let ground = Ground::lay(db).await;
        for kind in ["Organization", "OrganizationAffiliation", "Location", "HealthcareService"] {
            let all = format!("/{kind}");
            assert_eq!(ground.with("fhir_none", "GET", &all, None, &[]).await.refused(401, ""), "login");
            assert_eq!(ground.with(&ground.stranger, "GET", &all, None, &[]).await.refused(403, ""), "forbidden");
            let none = ground.get(&format!("/{kind}/00000000-0000-0000-0000-000000000001")).await;
            assert_eq!(none.refused(404, &format!("{kind}.id")), "not-found");
            let created = ground.with(&ground.county.key, "POST", &all, Some(&json!({ "resourceType": kind })), &[]).await;
            assert_eq!(created.refused(405, ""), "not-supported");
            let strict = [("prefer", "handling=strict")];
            let unknown = ground.with(&ground.county.key, "GET", &format!("{all}?colour=red"), None, &strict).await;
            assert_eq!(unknown.refused(400, "http.colour"), "not-supported");
            let form = ground.with(&ground.county.key, "POST", &format!("{all}/_search?_summary=count"), None, &[]).await;
            assert!(form.fine(200)["total"].as_i64().unwrap() >= 3);
        }
        assert_eq!(ground.get("/Location?near=here").await.refused(400, "http.near"), "value");
        assert_eq!(ground.get("/Location?_include=Location:colour").await.refused(400, "http._include"), "value");
        let lenient = ground.get("/Location?colour=red").await;
        assert_eq!((lenient.ids("match").len(), lenient.ids("outcome").len()), (6, 1));
        let statement = ground.get("/metadata").await.fine(200);
        let resources = statement["rest"][0]["resource"].as_array().unwrap().clone();
        assert!(resources.iter().all(|one| one["type"] != "Observation"), "a house without readings offers none");
        assert_eq!(statement["rest"][0]["interaction"], json!([{ "code": "batch" }, { "code": "transaction" }]));
        let location = resources.iter().find(|one| one["type"] == "Location").unwrap();
        let names: Vec<&str> = location["searchParam"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert!(["operational-status", "type", "near", "partof"].iter().all(|name| names.contains(name)));
    }
}
