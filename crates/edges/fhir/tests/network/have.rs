//! EDXL-HAVE 1.0: the register as a document, and what a hospital tells of its own beds.

use linli_db::Db;
use linli_treatment::model::beds::EntryKind;

use crate::ground::{Got, Ground};

const PATH: &str = "/have/1.0";

fn hospital(code: &str, beds: &str) -> String {
    format!(
        "<Hospital><Organization><OrganizationInformation><n:OrganisationName n:ID=\"{code}\"><n:NameElement>某院</n:NameElement></n:OrganisationName>\
         </OrganizationInformation></Organization><HospitalBedCapacityStatus>{beds}</HospitalBedCapacityStatus>\
         <LastUpdateTime>2026-11-24T08:30:00+08:00</LastUpdateTime></Hospital>"
    )
}

fn beds(kind: &str, counts: &[(&str, i64)]) -> String {
    let counts: String = counts.iter().map(|(name, count)| format!("<{name}>{count}</{name}>")).collect();
    format!(
        "<BedCapacity><BedType>{kind}</BedType><Capacity><CapacityStatus>VacantAvailable</CapacityStatus>{counts}</Capacity></BedCapacity>"
    )
}

fn document(hospitals: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><HospitalStatus xmlns=\"urn:oasis:names:tc:emergency:EDXL:HAVE:1.0\" xmlns:n=\"urn:oasis:names:tc:ciq:xnl:3\">{hospitals}</HospitalStatus>"
    )
}

async fn send(ground: &Ground, key: &str, document: String) -> Got {
    ground.ask(key, ("POST", PATH), Some(("application/xml", document)), &[]).await
}

/// What an answer says, as text and place.
fn said(got: &Got) -> Vec<(String, String)> {
    let outcome = got.fine(200);
    assert_eq!(outcome["issue"][0]["severity"], "information", "{outcome}");
    let of = |issue: &serde_json::Value| {
        let text = |at: &str| issue.pointer(at).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        (text("/details/text"), text("/expression/0"))
    };
    outcome["issue"].as_array().unwrap().iter().map(of).collect()
}

linli_db::both_databases! {
    async fn the_register_goes_out_with_what_can_be_had_and_nothing_that_nobody_knows(db: Db) {
        let ground = Ground::lay(db).await;
        let get = async || ground.ask(&ground.lead.key, ("GET", PATH), None, &[]).await;
        let empty = get().await;
        assert_eq!((empty.status, empty.header("content-type")), (200, "application/xml; charset=utf-8"));
        assert!(!empty.text.contains("<have:Hospital>"), "beds that nobody told are beds: {}", empty.text);
        ground.icu(&ground.county, 4).await;
        ground.beds(&ground.county, &[(EntryKind::Occupied, 3)]).await;
        // In place and nothing else: how many are free is not known, so nothing is said of them.
        ground.beds(&ground.centre, &[(EntryKind::InPlace, 9)]).await;
        let full = get().await.text;
        assert_eq!(full.matches("<have:Hospital>").count(), 1, "{full}");
        for part in [
            "<xnl:OrganisationName xnl:ID=\"0002\"><xnl:NameElement>玄武区医院</xnl:NameElement>",
            "<gml:coordinates>32.0500000, 118.8000000</gml:coordinates>",
            "<have:BedType>AdultICU</have:BedType><have:Capacity><have:CapacityStatus>VacantAvailable</have:CapacityStatus>\
             <have:AvailableCount>1</have:AvailableCount><have:BaselineCount>4</have:BaselineCount></have:Capacity>",
            "<have:LastUpdateTime>2026-11-24T",
        ] {
            assert!(full.contains(part), "{part} is not in {full}");
        }
        ground.beds(&ground.county, &[(EntryKind::Occupied, 6)]).await;
        let over = get().await.text;
        assert!(over.contains("NotAvailable") && over.contains("<have:AvailableCount>0<"), "over-full is none, not fewer than none: {over}");
        assert_eq!(ground.ask("nobody", ("GET", PATH), None, &[]).await.status, 401);
        assert_eq!(ground.ask(&ground.stranger, ("GET", PATH), None, &[]).await.status, 403);
    }

    async fn a_hospital_tells_its_beds_and_hears_what_was_kept(db: Db) {
        let ground = Ground::lay(db).await;
        let told = beds("AdultICU", &[("AvailableCount", 7), ("BaselineCount", 10), ("AdditionalCapacityCount24Hr", 2)]);
        let all = document(&format!("{}{}", hospital("0003", &told), hospital("0002", &format!("{told}{}", beds("Burn", &[("BaselineCount", 1)])))));
        let first = said(&send(&ground, &ground.county.key, all.clone()).await);
        assert!(first[0].0.contains(": 2"), "two entries: {first:?}");
        assert_eq!(first[0].1, "HospitalStatus/Hospital[2]");
        assert_eq!(first[1].1, "HospitalStatus/Hospital[1]", "another's part is passed over: {first:?}");
        assert!(first[2].0.contains("Burn"), "{first:?}");
        assert!(first[3].0.contains("does not know yet"), "open beds and staff are not known: {first:?}");
        let again = said(&send(&ground, &ground.county.key, all.clone()).await);
        assert!(again[0].0.contains(": 0"), "the same again adds nothing: {again:?}");
        // The count of free beds is held against the ledger, never put into it.
        ground.icu(&ground.county, 10).await;
        let third = said(&send(&ground, &ground.county.key, all).await);
        assert!(third.iter().any(|(text, at)| text.contains("count 7 free beds, the ledger derives 10") && at.ends_with("AvailableCount")), "{third:?}");
        let out = ground.ask(&ground.lead.key, ("GET", PATH), None, &[]).await.text;
        assert!(out.contains("<have:AvailableCount>10</have:AvailableCount><have:BaselineCount>10</have:BaselineCount><have:AdditionalCapacityCount24Hr>2<"), "{out}");
        assert!(!out.contains("0003"), "somebody told another's beds: {out}");
    }

    async fn what_cannot_be_is_refused_and_nothing_is_changed(db: Db) {
        let ground = Ground::lay(db).await;
        ground.icu(&ground.county, 4).await;
        let before = ground.ask(&ground.lead.key, ("GET", PATH), None, &[]).await.text;
        let key = &ground.county.key;
        let icu = |count| beds("AdultICU", &[("BaselineCount", count)]);
        let at = "HospitalStatus/Hospital[1]";
        let foreign = send(&ground, key, document(&hospital("0003", &icu(99)))).await;
        assert_eq!(foreign.refused(422, "HospitalStatus/Hospital"), "business-rule");
        let mixed = send(&ground, key, document(&hospital("0002", &format!("{}{}", icu(99), beds("PediatricICU", &[("BaselineCount", -4)]))))).await;
        assert_eq!(mixed.refused(422, &format!("{at}/HospitalBedCapacityStatus/BedCapacity[2]/Capacity/BaselineCount")), "value");
        let nowhere = send(&ground, key, document(&hospital("0002", &format!("{}{}", icu(99), beds("RehabLongTermCare", &[("BaselineCount", 4)]))))).await;
        assert_eq!(nowhere.refused(422, &format!("{at}/HospitalBedCapacityStatus/BedCapacity[2]/BedType")), "business-rule");
        let later = document(&hospital("0002", &icu(99))).replace("2026-11-24", "2027-11-24");
        assert_eq!(send(&ground, key, later).await.refused(422, &format!("{at}/LastUpdateTime")), "value");
        // Also where it would change nothing, and where the clock goes an hour too fast.
        let same = document(&hospital("0002", &icu(4)));
        for future in ["2027-11-24", "2026-11-25"] {
            let sent = same.replace("2026-11-24", future);
            assert_eq!(send(&ground, key, sent).await.refused(422, &format!("{at}/LastUpdateTime")), "value");
        }
        let twice = document(&format!("{0}{0}", hospital("0002", &icu(99))));
        assert_eq!(send(&ground, key, twice).await.status, 422);
        assert_eq!(send(&ground, key, "<HospitalStatus/>".to_owned()).await.refused(400, "HospitalStatus"), "structure");
        let large = document(&hospital("0002", &" ".repeat(300 * 1024)));
        assert_eq!(send(&ground, key, large).await.status, 413);
        assert_eq!(ground.ask(key, ("POST", PATH), Some(("application/json", "{}".to_owned())), &[]).await.status, 415);
        assert_eq!(ground.ask(&ground.lead.key, ("GET", PATH), None, &[]).await.text, before, "something was half-written");
    }
}
