//! Which version of the rules a case goes by: the way of working under which it was filed, whatever is brought in later.

use linli_cases::commands;
use linli_cases::rules::{PACKS, Rules};
use linli_cases::{CaseId, CaseState, Way};
use linli_db::{Db, exec};
use linli_rulebook::Rulebook;

use crate::house::{DESK, DISTRICT, House, MANAGER, STEWARD, act};
use crate::web::Web;

const TRANSITIONS: &str = PACKS[0].1;
const CLASSES: &str = PACKS[1].1;

/// The shipped table under another version, in which whoever takes a repair files it first.
fn filed_first(version: &str) -> String {
    let take = "state = \"reported\"\nevent = \"take\"\nprofiles = [\"repair\"]\nto = \"handling\"";
    let dispatch = "event = \"dispatch\"\nprofiles = [\"city\", \"hotline\"]";
    assert!(TRANSITIONS.contains(take) && TRANSITIONS.contains(dispatch));
    TRANSITIONS
        .replace(take, "state = \"reported\"\nevent = \"take\"\nprofiles = [\"repair\"]\nto = \"filed\"")
        .replace(dispatch, "event = \"dispatch\"")
        .replace("version = \"2026.8\"", &format!("version = \"{version}\""))
}

/// The shipped classes, in which a stair lamp is a case of the city.
fn lamps_of_the_city() -> String {
    CLASSES.replace("code = \"stair_lamp\"", "code = \"stair_lamp\"\nprofile = \"city\"")
}

fn book(house: &House, local: &[(&str, String)]) -> Rulebook {
    let local = local.iter().map(|(file, text)| ((*file).to_owned(), text.clone())).collect();
    let book = Rulebook::builtin(&PACKS).unwrap().load_dir(local).unwrap();
    Rules::check_at(&book, house.clock_now()).unwrap();
    book
}

impl House {
    async fn way(&self, id: CaseId) -> Way {
        self.case(id).await.way.unwrap()
    }

    async fn rule_of_last_line(&self, id: CaseId) -> String {
        self.lines(id).await.pop().unwrap().facts()["rule"].as_str().unwrap().to_owned()
    }
}

linli_db::both_databases! {
    async fn an_open_case_keeps_the_way_under_which_it_was_filed(db: Db) {
        let house = House::new(db).await;
        let before = house.lamp().await.id;
        let way = house.way(before).await;
        assert!(way.profile == "repair" && way.rule.starts_with("cases.transitions@2026.8#"), "{way:?}");
        house.book.replace(book(&house, &[("table.toml", filed_first("2026.9")), ("classes.toml", lamps_of_the_city())]));
        let after = house.lamp().await.id;
        let other = house.way(after).await;
        assert!(other.profile == "city" && other.rule.starts_with("cases.transitions@2026.9#"), "{other:?}");

        assert!(house.take(STEWARD, after).await.is_err(), "a case of the city is checked first");
        assert_eq!(house.take(STEWARD, before).await.unwrap().state, CaseState::Handling);
        assert_eq!(house.rule_of_last_line(before).await, way.rule);
        assert_eq!(house.finish(STEWARD, before).await.unwrap().state, CaseState::AwaitingConfirmation);
        assert_eq!(house.way(before).await, way);
        house.fold().await;
        house.clean().await;
    }

    /// A pack that was replaced itself counts nowhere any more, and what was filed under it still goes by it.
    async fn a_replaced_table_still_counts_for_what_was_filed_under_it(db: Db) {
        let house = House::new(db).await;
        house.book.replace(book(&house, &[("table.toml", filed_first("2026.9"))]));
        let id = house.lamp().await.id;
        let plain = || book(&house, &[]);
        house.book.replace(plain().with_former(vec![("table.toml".to_owned(), filed_first("2026.9"))]));
        assert_eq!(house.take(STEWARD, id).await.unwrap().state, CaseState::Filed);
        assert!(house.rule_of_last_line(id).await.starts_with("cases.transitions@2026.9#"));
        // Where nobody has its text any more the steps are those of now, and the case says by which it was filed.
        house.book.replace(plain());
        let again = act!(house, tx => commands::dispatch(&house.staff(DESK), tx, &house.office, id, MANAGER.owner().appointment)).unwrap();
        assert_eq!(again.state, CaseState::Dispatched);
        assert!(house.rule_of_last_line(id).await.starts_with("cases.transitions@2026.8#"));
        assert!(house.way(id).await.rule.starts_with("cases.transitions@2026.9#"));
    }

    /// Another class may go another way: that one in the version of the day, the same one in the version in which it was begun.
    async fn a_corrected_class_changes_the_way_where_it_is_another(db: Db) {
        let house = House::new(db).await;
        let (same, other) = (house.lamp().await.id, house.lamp().await.id);
        let way = house.way(same).await;
        house.book.replace(book(&house, &[("table.toml", filed_first("2026.9"))]));
        house.correct_to(same, "door_access").await;
        house.correct_to(other, "illegal_building").await;
        assert_eq!(house.way(same).await, way);
        let changed = house.way(other).await;
        assert!(changed.profile == "city" && changed.rule.starts_with("cases.transitions@2026.9#"), "{changed:?}");
    }

    /// Cases from before that was kept are given what was in force when they were reported.
    async fn cases_of_before_are_given_what_was_in_force(db: Db) {
        let house = House::new(db).await;
        let id = house.lamp().await.id;
        let way = house.way(id).await;
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        exec!(&mut tx.conn().unwrap(), sqlx::query("UPDATE case_file SET way_profile = NULL, way_rule = NULL")).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.case(id).await.way, None);
        house.clock.advance_secs(86_400);
        let tomorrow = filed_first("2026.9").replace("valid_from = 2024-01-01", "valid_from = 2026-11-25");
        house.book.replace(book(&house, &[("table.toml", tomorrow)]));
        let next = act!(house, tx => commands::keep_ways(&house.system(), tx, &house.office, None, 100)).unwrap();
        assert_eq!((next, house.way(id).await), (None, way));
        assert_eq!(house.take(STEWARD, id).await.unwrap().state, CaseState::Handling);
    }

    async fn the_page_says_by_which_version_a_case_goes(db: Db) {
        let web = Web::open(db).await;
        let id = web.house.lamp().await.id;
        let page = web.get(&format!("/cases/{id}"), Some(DESK)).await.text;
        assert!(page.contains("报修流程") && page.contains("登记时的流程，版本 2026.8") && !page.contains("现行流程版本"), "{page}");
        web.house.book.replace(book(&web.house, &[("table.toml", filed_first("2026.9"))]));
        let page = web.get(&format!("/cases/{id}"), Some(DESK)).await.text;
        assert!(page.contains("登记时的流程，版本 2026.8") && page.contains("现行流程版本 2026.9 只用于之后登记的诉求"), "{page}");
        let english = web.get(&format!("/cases/{id}?lang=en"), Some(DESK)).await.text;
        assert!(english.contains("Version 2026.9, which counts now, is for what is filed since"), "{english}");
    }
}
