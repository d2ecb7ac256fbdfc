//! Who may, and what is refused: rights, periods of notice, electorates that never mix, two at the same moment.

use linli_access::Denied;
use linli_council::commands::holding;
use linli_council::commands::meetings::{self, NewMeeting, NewSeat, When};
use linli_council::model::{Electorate, Kind, Outcome, Party, Presence, Represented, Ruling, Tally};
use linli_council::{CouncilError, Wrong};
use linli_db::Db;
use linli_kernel::PlacePath;

use crate::house::{ADMINISTRATOR, House, MANAGER, OFFICER, OTHER, Plan, SECRETARY, STEWARD, WORKER, act, at, words};

const JOINT: Plan = Plan { kind: Kind::Joint, day: 28, hour: 19 };

const fn tally(eligible: i64, present: i64, yes: i64, no: i64) -> Tally {
    Tally { represented: Represented::Households, eligible, present, yes, no, abstained: present - yes - no }
}

linli_db::both_databases! {
    async fn whose_meetings_they_are(db: Db) {
        let house = House::new(db).await;
        for who in [MANAGER, STEWARD, OFFICER, OTHER, ADMINISTRATOR] {
            let refused = house.draft_as(who, &JOINT).await.unwrap_err();
            assert!(matches!(refused, CouncilError::Denied(Denied::Forbidden)), "{who}: {refused}");
        }
        let id = house.draft_as(WORKER, &JOINT).await.unwrap();
        // A draft is theirs who prepare it, and theirs who look over them.
        for who in [MANAGER, STEWARD, OTHER] {
            assert!(matches!(house.file(who, id).await, Err(CouncilError::NotFound)), "{who}");
        }
        assert!(matches!(house.file(ADMINISTRATOR, id).await, Err(CouncilError::Denied(Denied::Forbidden))));
        assert!(!house.file(OFFICER, id).await.unwrap().may.write);
        house.item(id, "楼道堆物", Electorate::Council).await;
        // Another community's secretary does nothing to it, called or not.
        house.call(id).await.unwrap();
        let theirs = act!(house, tx => meetings::cancel(&house.ctx(OTHER), tx, &house.office, id, ("x", &words("取消")))).unwrap_err();
        assert!(matches!(theirs, CouncilError::NotFound), "{theirs}");
        // A worker writes minutes and approves none.
        house.until(at(28, 19));
        house.hold(id).await.unwrap();
        act!(house, tx => linli_council::commands::closing::write(&house.ctx(WORKER), tx, id, ("记录", ""))).unwrap();
        let approve = act!(house, tx => linli_council::commands::closing::approve(&house.ctx(WORKER), tx, &house.office, id)).unwrap_err();
        assert!(matches!(approve, CouncilError::Denied(Denied::Forbidden)));
        let stranger = act!(house, tx => linli_council::commands::closing::confirm(&house.ctx(WORKER), tx, id)).unwrap_err();
        assert!(matches!(stranger, CouncilError::NotFound), "who has no seat confirms nothing");
        house.whole().await;
    }

    async fn what_no_form_takes(db: Db) {
        let house = House::new(db).await;
        let good = When { title: "会", starts_at: at(28, 19), ends_at: at(28, 20), venue: "室" };
        for (when, place, field, problem) in [
            (When { title: "", ..good.clone() }, &house.community, "title", Wrong::Required),
            (When { venue: "a\u{7}", ..good.clone() }, &house.community, "venue", Wrong::ControlCharacter),
            (When { starts_at: at(24, 8), ..good.clone() }, &house.community, "day", Wrong::TooEarly),
            (When { starts_at: at(28, 19).plus_secs(400 * 86_400), ..good.clone() }, &house.community, "day", Wrong::TooLate),
            (When { ends_at: at(28, 19), ..good.clone() }, &house.community, "until", Wrong::TooEarly),
            (When { ends_at: at(30, 19), ..good.clone() }, &house.community, "until", Wrong::TooLate),
            (good.clone(), &house.homes[0], "place", Wrong::NotAChoice),
        ] {
            let new = NewMeeting { kind: Kind::Joint, place: place.clone(), convener: "社区", when };
            let refused = act!(house, tx => meetings::draft(&house.ctx(SECRETARY), tx, &new)).unwrap_err();
            assert!(matches!(refused, CouncilError::Field { field: f, problem: p } if f == field && p == problem), "{field}: {refused}");
        }
        let long = "字".repeat(61);
        let new = NewMeeting { kind: Kind::Joint, place: house.community.clone(), convener: &long, when: good };
        let refused = act!(house, tx => meetings::draft(&house.ctx(SECRETARY), tx, &new)).unwrap_err();
        assert!(matches!(refused, CouncilError::Field { field: "convener", problem: Wrong::TooLong { max: 60 } }));
        assert!(house.lines("council.drafted").await.is_empty(), "nothing half-written");
        let id = house.draft(&JOINT).await;
        let nobody = NewSeat { party: Party::Residents, person: None, title: "代表", name: "", heads: 0 };
        let refused = act!(house, tx => meetings::invite(&house.ctx(SECRETARY), tx, &house.office, id, &nobody)).unwrap_err();
        assert!(matches!(refused, CouncilError::Field { field: "heads", problem: Wrong::NotANumber }));
        house.whole().await;
    }

    /// Told on Wednesday, the third day of notice is a Saturday, a day off: it ends with Monday, and so does the period.
    async fn a_notice_cut_short_by_a_day_off(db: Db) {
        let house = House::new(db).await;
        house.until(at(25, 9));
        let id = house.draft(&Plan { kind: Kind::Joint, day: 29, hour: 19 }).await;
        house.item(id, "楼道堆物", Electorate::Council).await;
        let refused = house.call(id).await.unwrap_err();
        let CouncilError::TooSoon { earliest, with_reason } = refused else { panic!("{refused}") };
        assert_eq!((earliest, with_reason), (linli_kernel::Ts::from_local(jiff::civil::date(2026, 12, 1).at(0, 0, 0, 0)).unwrap(), true));
        act!(house, tx => meetings::call(&house.ctx(SECRETARY), tx, &house.office, id, (&words("通知"), "水管爆裂"))).unwrap();
        assert_eq!(house.file(SECRETARY, id).await.unwrap().file.meeting.short_because, "水管爆裂");
        // A residents' meeting has its five days, whatever the reason.
        let id = house.draft(&Plan { kind: Kind::Residents, day: 29, hour: 9 }).await;
        house.item(id, "居民公约", Electorate::Residents).await;
        let refused = act!(house, tx => meetings::call(&house.ctx(SECRETARY), tx, &house.office, id, (&words("通知"), "急"))).unwrap_err();
        assert!(matches!(refused, CouncilError::TooSoon { with_reason: false, .. }), "{refused}");
        house.whole().await;
    }

    async fn residents_and_owners_are_different_electorates(db: Db) {
        let house = House::new(db).await;
        // Told on a Friday: the five days end with Wednesday.
        house.until(at(20, 9));
        let ctx = house.ctx(SECRETARY);
        let plan = Plan { kind: Kind::Residents, day: 30, hour: 19 };
        let id = house.draft(&plan).await;
        let covenant = house.item(id, "居民公约", Electorate::Residents).await;
        let fund = house.item(id, "动用维修资金", Electorate::Owners).await;
        let seat = NewSeat { party: Party::Residents, person: None, title: "户代表", name: "", heads: 60 };
        act!(house, tx => meetings::invite(&ctx, tx, &house.office, id, &seat)).unwrap();
        house.call(id).await.unwrap();
        house.until(at(30, 19));
        house.hold(id).await.unwrap();
        let count = async |item, tally| act!(house, tx => holding::count(&ctx, tx, &house.office, id, (item, &tally)));
        // The owners' matter is counted by no heads of residents and decided by none.
        assert!(matches!(count(fund, tally(100, 60, 50, 5)).await, Err(CouncilError::ForOwners)));
        for outcome in [Outcome::Agreed, Outcome::Rejected] {
            assert!(matches!(house.decide(id, fund, outcome).await, Err(CouncilError::ForOwners)));
        }
        house.decide(id, fund, Outcome::ToOwners).await.unwrap();
        // The residents' one follows its heads alone.
        assert!(matches!(house.decide(id, covenant, Outcome::Agreed).await, Err(CouncilError::ForResidents)));
        assert!(matches!(count(covenant, tally(100, 60, 50, 11)).await, Err(CouncilError::Sums)));
        assert_eq!(count(covenant, tally(100, 50, 50, 0)).await.unwrap(), Ruling::NoQuorum, "half is not more than half");
        assert!(matches!(house.decide(id, covenant, Outcome::Agreed).await, Err(CouncilError::ForResidents)));
        assert_eq!(count(covenant, tally(100, 60, 30, 25)).await.unwrap(), Ruling::Failed, "those who abstain were there");
        assert!(matches!(house.decide(id, covenant, Outcome::Agreed).await, Err(CouncilError::ForResidents)));
        assert_eq!(count(covenant, tally(100, 60, 31, 25)).await.unwrap(), Ruling::Passed);
        assert!(matches!(house.decide(id, covenant, Outcome::Rejected).await, Err(CouncilError::ForResidents)));
        house.decide(id, covenant, Outcome::Agreed).await.unwrap();
        // At a joint meeting no heads of residents are counted.
        let (joint, items) = {
            let plan = Plan { kind: Kind::Joint, day: 30, hour: 20 };
            let joint = house.draft(&plan).await;
            let item = house.item(joint, "堆物", Electorate::Council).await;
            act!(house, tx => meetings::call(&ctx, tx, &house.office, joint, (&words("通知"), "急事"))).unwrap();
            house.until(at(30, 20));
            house.hold(joint).await.unwrap();
            (joint, item)
        };
        let there = act!(house, tx => holding::count(&ctx, tx, &house.office, joint, (items, &tally(10, 9, 9, 0))));
        assert!(matches!(there, Err(CouncilError::NoStep)));
        house.whole().await;
    }

    async fn without_those_who_must_be_there_it_was_none(db: Db) {
        let house = House::new(db).await;
        let id = house.draft(&Plan { kind: Kind::Hearing, day: 28, hour: 19 }).await;
        house.item(id, "加装电梯", Electorate::Council).await;
        house.call(id).await.unwrap();
        house.until(at(28, 19));
        // The party group has its seat by the post; of residents nobody came.
        assert!(matches!(house.hold(id).await, Err(CouncilError::Missing(Party::Residents))));
        let seat = NewSeat { party: Party::Residents, person: None, title: "三单元居民", name: "", heads: 9 };
        act!(house, tx => meetings::invite(&house.ctx(SECRETARY), tx, &house.office, id, &seat)).unwrap();
        let seats = house.file(SECRETARY, id).await.unwrap().file.seats;
        let absent: Vec<_> = seats.iter().map(|seat| (seat.id, if seat.party == Party::PartyGroup { Presence::Excused } else { Presence::Present }, seat.heads)).collect();
        let refused = act!(house, tx => holding::hold(&house.ctx(SECRETARY), tx, &house.office, id, &absent)).unwrap_err();
        assert!(matches!(refused, CouncilError::Missing(Party::PartyGroup)));
        house.hold(id).await.unwrap();
        house.whole().await;
    }

    async fn a_call_sent_twice_is_one(db: Db) {
        let house = House::new(db).await;
        let id = house.draft(&JOINT).await;
        house.item(id, "楼道堆物", Electorate::Council).await;
        let mut ctx = house.ctx(SECRETARY);
        ctx.idempotency_key = Some("5f0c2a8e4b7d4e1f9a3c6b2d8e7f1a0b".to_owned());
        for _ in 0..2 {
            act!(house, tx => meetings::call(&ctx, tx, &house.office, id, (&words("通知"), ""))).unwrap();
        }
        assert_eq!(house.notices(&house.estate).await.len(), 1);
        assert!(matches!(house.call(id).await, Err(CouncilError::NoStep)), "another one is refused");
        assert_eq!(house.community.depth(), PlacePath::root().depth() + 4);
        house.whole().await;
    }
}
