//! Taken down, suggested and decided, repeated, raised, ended.

use linli_db::{Db, exec, sql};
use linli_emergency::commands::calls as commands;
use linli_emergency::commands::calls::NewCall;
use linli_emergency::model::{Against, CallClass, CallState, Ending};
use linli_emergency::{EmergencyError, Wrong, queries};

use linli_territory::model::PlaceId;

use crate::house::{FAR_SEAT, House, NEAR, OFFICER, OTHER_SEAT, SEAT, SECRETARY, act, call, path};

const PHONE: &str = "13900000001";

fn field(error: EmergencyError) -> (&'static str, Wrong) {
    match error {
        EmergencyError::Field { field, problem } => (field, problem),
        other => panic!("{other}"),
    }
}

linli_db::both_databases! {
    async fn danger_is_suggested_the_seat_decides_and_both_are_kept(db: Db) {
        let house = House::new(db).await;
        let less = call(PHONE, CallClass::Advice, &["asks_advice", "chest_pain"]);
        assert_eq!(field(house.record(SEAT, less.clone()).await.unwrap_err()), ("against", Wrong::NeedsReason));
        let decided = house.record(SEAT, NewCall { against: Some(Against::AskedAgain), ..less }).await.unwrap();
        let shown = house.shown(SEAT, decided.id).await.unwrap().line;
        assert_eq!((shown.call.suggested, shown.call.decided, shown.call.state), (CallClass::VehicleUrgent, CallClass::Advice, CallState::Advising));
        assert!(shown.call.against == Some(Against::AskedAgain) && shown.call.suggested_by.starts_with("emergency.calls@2026.1#"));
        assert_eq!(shown.told.unwrap().number, PHONE, "to call back");
        let more = house.record(SEAT, call("13900000002", CallClass::VehicleUrgent, &["asks_advice"])).await.unwrap();
        assert_eq!(house.state(more.id).await, CallState::Waiting, "more than is suggested needs no reason");
        house.close(SEAT, decided.id, Ending::Advised).await.unwrap();
        assert_eq!(house.state(decided.id).await, CallState::Closed);
        assert!(matches!(house.raise(SEAT, decided.id).await, Err(EmergencyError::NoStep)), "what is closed is a new call");
        house.whole().await;
    }

    async fn an_urgent_call_is_on_top_of_the_list_at_once_and_told_when_it_waits(db: Db) {
        let house = House::new(db).await;
        let mut others = Vec::new();
        for n in 0..4 {
            let class = if n % 2 == 0 { CallClass::VehicleNonUrgent } else { CallClass::Advice };
            others.push(house.record(SEAT, call(&format!("1380000000{n}"), class, &[])).await.unwrap().id);
            house.later(30);
        }
        let urgent = house.record(OTHER_SEAT, call(PHONE, CallClass::VehicleUrgent, &["unconscious"])).await.unwrap();
        assert_eq!(urgent.urgent, Some(urgent.id));
        assert_eq!(house.open(SEAT).await[0], urgent.id, "before those who wait longer");
        assert_eq!(house.open(FAR_SEAT).await, [], "another district");
        house.later(59);
        assert!(!house.kinds(urgent.id.0).await.contains(&"emergency.call_late".to_owned()));
        house.later(2);
        house.tick().await;
        house.tick().await;
        let told = house.kinds(urgent.id.0).await.into_iter().filter(|kind| kind == "emergency.call_late").count();
        assert_eq!(told, 1, "once");
        house.whole().await;
    }

    async fn a_second_call_is_found_by_number_or_place_and_raises_the_first(db: Db) {
        let house = House::new(db).await;
        let first = house.record(SEAT, call(PHONE, CallClass::VehicleNonUrgent, &["cannot_walk"])).await.unwrap();
        house.later(600);
        for (number, place) in [("+86 139-0000-0001", "别处"), ("02500000000", "锁金村 13900000001号！"), ("(0086)13900000001", "")] {
            let mut read = house.db.read().await.unwrap();
            let same = queries::calls::about_the_same(&house.staff(SEAT), &mut read.conn(), &house.office, number, (None, place)).await.unwrap();
            assert_eq!(same.iter().map(|line| line.call.id).collect::<Vec<_>>(), [first.id], "{number} {place}");
        }
        let again = house.record(OTHER_SEAT, call(PHONE, CallClass::Repeat, &[])).await.unwrap();
        assert_eq!((again.repeat_of, again.urgent), (Some(first.id), None));
        assert_eq!(house.state(again.id).await, CallState::Linked);
        assert_eq!(house.shown(SEAT, first.id).await.unwrap().repeats.len(), 1);
        // One tap on the repeat raises the first call.
        assert_eq!(house.raise(SEAT, again.id).await.unwrap(), first.id);
        assert_eq!(house.raise(OTHER_SEAT, again.id).await.unwrap(), first.id, "twice is once");
        let shown = house.shown(SEAT, first.id).await.unwrap().line.call;
        assert_eq!((shown.class, shown.decided, shown.state), (CallClass::VehicleUrgent, CallClass::VehicleNonUrgent, CallState::Waiting));
        assert_eq!(house.kinds(first.id.0).await.iter().filter(|kind| *kind == "emergency.raised").count(), 1);
        // When the first is over, the repeat stands for itself.
        house.close(SEAT, first.id, Ending::CalledOff).await.unwrap();
        assert_eq!(house.raise(SEAT, again.id).await.unwrap(), again.id);
        assert_eq!(house.state(again.id).await, CallState::Waiting);
        house.whole().await;
    }

    async fn a_repeat_that_became_worse_raises_the_first_while_it_is_taken_down(db: Db) {
        let house = House::new(db).await;
        let first = house.record(SEAT, call(PHONE, CallClass::Advice, &["asks_advice"])).await.unwrap();
        let worse = NewCall { same_as: Some(first.id), ..call(PHONE, CallClass::VehicleUrgent, &["not_breathing"]) };
        let worse = house.record(OTHER_SEAT, worse).await.unwrap();
        assert_eq!((worse.repeat_of, worse.urgent), (Some(first.id), Some(first.id)), "one vehicle, not two");
        assert_eq!((house.state(first.id).await, house.state(worse.id).await), (CallState::Waiting, CallState::Linked));
        // About something else from the same telephone: told, but not joined.
        let other = house.record(SEAT, call(PHONE, CallClass::VehicleUrgent, &["injury"])).await.unwrap();
        assert_eq!((other.repeat_of, other.urgent), (Some(first.id), Some(other.id)));
        let far = NewCall { same_as: Some(other.id), ..call("13700000000", CallClass::Repeat, &[]) };
        assert_eq!(field(house.record(SEAT, NewCall { place_text: "另一处地方".to_owned(), ..far }).await.unwrap_err()).0, "same_as");
        let of_nothing = NewCall { place_text: String::new(), ..call("13700000009", CallClass::Repeat, &[]) };
        assert_eq!(field(house.record(SEAT, of_nothing).await.unwrap_err()), ("class", Wrong::NoFirst));
        // After the window it is no repeat.
        house.later(7 * 3_600);
        assert_eq!(house.record(SEAT, call(PHONE, CallClass::Advice, &[])).await.unwrap().repeat_of, None);
        house.whole().await;
    }

    async fn the_same_form_twice_is_one_call_and_a_slip_stores_nothing(db: Db) {
        let house = House::new(db).await;
        let new = call(PHONE, CallClass::VehicleUrgent, &["stroke"]);
        let ctx = house.keyed(SEAT, "k1");
        let one = act!(house, SEAT, tx => commands::record(&ctx, tx, &house.office, &new)).unwrap();
        let two = act!(house, SEAT, tx => commands::record(&ctx, tx, &house.office, &new)).unwrap();
        assert_eq!((one, house.open(SEAT).await.len()), (two, 1));
        for (slip, name) in [
            (NewCall { number: "一二三".to_owned(), ..new.clone() }, "number"),
            (NewCall { number: "12".to_owned(), ..new.clone() }, "number"),
            (NewCall { place_text: " ".to_owned(), ..new.clone() }, "place_text"),
            (NewCall { told: "长".repeat(601), ..new.clone() }, "told"),
            (NewCall { told: "\u{7}".to_owned(), ..new.clone() }, "told"),
            (NewCall { signs: vec!["no_such".to_owned()], ..new.clone() }, "sign"),
        ] {
            assert_eq!(field(house.record(SEAT, slip).await.unwrap_err()).0, name);
        }
        assert_eq!(house.open(SEAT).await.len(), 1);
        for who in [OFFICER, SECRETARY] {
            assert!(matches!(house.record(who, new.clone()).await, Err(EmergencyError::Denied(_))), "{who:?}");
            assert!(matches!(house.shown(who, one.id).await, Err(EmergencyError::Denied(_))), "{who:?}");
        }
        assert!(matches!(house.shown(FAR_SEAT, one.id).await, Err(EmergencyError::NotFound)));
        assert!(matches!(house.raise(FAR_SEAT, one.id).await, Err(EmergencyError::NotFound)));
    }

    async fn nothing_of_the_caller_is_in_the_journal_or_in_clear_and_its_time_ends(db: Db) {
        let house = House::new(db).await;
        let one = house.record(SEAT, call(PHONE, CallClass::VehicleUrgent, &["unconscious"])).await.unwrap();
        for line in house.lines(NEAR).await {
            let text = format!("{} {:?}", line.facts(), line.kind);
            assert!(!text.contains(PHONE) && !text.contains("锁金村") && !text.contains("气促") && !text.contains("unconscious"), "{text}");
        }
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let sealed: Vec<Vec<u8>> = sql!(c, x => sqlx::query_scalar("SELECT sealed FROM emergency_caller").fetch_all(x).await).unwrap();
        assert!(sealed.len() == 1 && !sealed[0].windows(6).any(|part| part == "139000".as_bytes()));
        drop(read);
        house.later(1_096 * 86_400);
        house.tick().await;
        assert!(house.shown(SEAT, one.id).await.unwrap().line.told.is_some(), "a call that is open is not forgotten");
        house.close(SEAT, one.id, Ending::CalledOff).await.unwrap();
        house.tick().await;
        let shown = house.shown(SEAT, one.id).await.unwrap();
        assert!(shown.line.told.is_none() && shown.line.call.state == CallState::Closed, "the words go, the call stays");
        assert!(house.lines(NEAR).await.iter().any(|line| line.kind == "emergency.forgotten"));
    }

    /// A form that is opened from a known place brings the place along; whoever calls from there again is known by it.
    async fn a_place_that_is_known_is_named_and_found_again(db: Db) {
        let house = House::new(db).await;
        let mut tx = house.db.begin(NEAR).await.unwrap();
        let c = &mut tx.conn().unwrap();
        for (id, depth, at, name, code) in [(71_u128, 5_i64, "00000001000100010001", "锁金五村", "E1"), (72, 6, "000000010001000100010001", "3栋", "E1/3栋")] {
            let text = "INSERT INTO place (district_id, id, depth, place_path, name, code, valid_from) VALUES ($1, $2, $3, $4, $5, $6, 0)";
            let id = uuid::Uuid::from_u128(id);
            exec!(c, sqlx::query(text).bind(NEAR).bind(id).bind(depth).bind(at).bind(name).bind(code)).unwrap();
        }
        tx.commit().await.unwrap();
        let house_3 = PlaceId(uuid::Uuid::from_u128(72));
        let new = NewCall { place: Some(house_3), place_text: String::new(), ..call(PHONE, CallClass::VehicleUrgent, &["bleeding"]) };
        let one = house.record(SEAT, new.clone()).await.unwrap();
        let shown = house.shown(SEAT, one.id).await.unwrap().line;
        assert_eq!((shown.call.place, shown.told.unwrap().place), (path("000000010001000100010001"), "锁金五村3栋".to_owned()));
        let again = NewCall { number: "13711112222".to_owned(), class: CallClass::Repeat, signs: Vec::new(), ..new.clone() };
        assert_eq!(house.record(SEAT, again).await.unwrap().repeat_of, Some(one.id), "another telephone at the same house");
        let elsewhere = NewCall { place: Some(PlaceId(uuid::Uuid::from_u128(99))), ..new };
        assert_eq!(field(house.record(SEAT, elsewhere).await.unwrap_err()), ("place", Wrong::NotAChoice));
    }
}
