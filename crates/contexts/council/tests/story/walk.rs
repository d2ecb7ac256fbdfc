//! A joint meeting from the call to the result: the whole way.

use linli_access::Action;
use linli_cases::commands::{NewReport, report};
use linli_council::commands::closing;
use linli_council::commands::holding::{self, Said, Undertaking};
use linli_council::commands::meetings::{self, NewItem, NewSeat, When};
use linli_council::model::{Answered, Electorate, Event, Kind, Outcome, Paper, Party, Presence, Source, Stance, State};
use linli_council::queries;
use linli_council::{CouncilError, Wrong};
use linli_db::Db;
use linli_kernel::PlacePath;

use crate::house::{House, MANAGER, OFFICER, Plan, RED, SECRETARY, STEWARD, act, at, words};

const JOINT: Plan = Plan { kind: Kind::Joint, day: 28, hour: 19 };

linli_db::both_databases! {
    async fn from_the_call_to_the_result(db: Db) {
        let house = House::new(db).await;
        let ctx = house.ctx(SECRETARY);
        // Something that nobody has mended.
        let new = NewReport {
            place: house.entrance.clone(),
            class: Some("stair_lamp".to_owned()),
            description: "二楼到三楼的灯不亮，张阿姨摔过".to_owned(),
            photos: Vec::new(),
            phone: None,
            point_e7: None,
        };
        let case = act!(house, tx => report(&house.visitor(), tx, &house.cases, new.clone())).unwrap();
        let id = house.draft(&JOINT).await;
        // Who usually sits there has a seat by itself; what is open is offered.
        let file = house.file(SECRETARY, id).await.unwrap();
        let sides: Vec<Party> = file.file.seats.iter().map(|seat| seat.party).collect();
        assert_eq!(sides, [Party::Community, Party::Property]);
        let offered = queries::offered(&ctx, &mut house.db.read().await.unwrap().conn(), &file.file).await.unwrap();
        assert_eq!(offered.cases.iter().map(|case| case.id).collect::<Vec<_>>(), [case.id]);
        assert!(matches!(house.call(id).await, Err(CouncilError::NoAgenda)));
        let from_case = NewItem {
            title: "楼道照明（2026-000001）",
            matter: "",
            place: Some(house.entrance.clone()),
            source: Some((Source::Case, case.id.0)),
            electorate: Electorate::Council,
        };
        let lamp = act!(house, tx => meetings::add_item(&ctx, tx, id, &from_case)).unwrap();
        assert!(matches!(act!(house, tx => meetings::add_item(&ctx, tx, id, &from_case)), Err(CouncilError::Twice)));
        let bikes = house.item(id, "非机动车充电棚放在哪里", Electorate::Council).await;
        let rebuild = house.item(id, "改建自行车棚为活动室", Electorate::Owners).await;
        let seat = NewSeat { party: Party::Residents, person: None, title: "3 栋居民代表", name: "张三", heads: 4 };
        act!(house, tx => meetings::invite(&ctx, tx, &house.office, id, &seat)).unwrap();
        house.call(id).await.unwrap();
        assert_eq!(house.notices(&house.entrance).await, ["会议通知"], "a meeting of the community hangs at every door of it");
        // Who sits there sees it, though the place lies above theirs; who does not, as well, for it is public.
        assert_eq!(house.file(MANAGER, id).await.unwrap().file.items.len(), 3);
        assert!(!house.file(STEWARD, id).await.unwrap().may.write);
        // Nobody can say that it was held before it begins.
        let early = house.hold(id).await.unwrap_err();
        assert!(matches!(early, CouncilError::Field { field: "day", problem: Wrong::TooEarly }), "{early}");
        house.until(at(28, 19));
        house.hold(id).await.unwrap();

        // What was said; against is a conflict until it is answered.
        let said = |item, party, stance, reason| Said { item, party, stance, reason };
        act!(house, tx => holding::say(&ctx, tx, id, &said(bikes, Party::Residents, Stance::For, "楼道里充电太危险"))).unwrap();
        let against = said(bikes, Party::Property, Stance::Against, "那块地要停车");
        let against = act!(house, tx => holding::say(&ctx, tx, id, &against)).unwrap();
        // Owners' matters are for the owners' vote alone.
        assert!(matches!(house.decide(id, rebuild, Outcome::Agreed).await, Err(CouncilError::ForOwners)));
        house.decide(id, rebuild, Outcome::ToOwners).await.unwrap();
        house.decide(id, bikes, Outcome::Agreed).await.unwrap();
        house.decide(id, lamp, Outcome::Deferred).await.unwrap();
        // Who does what by when is an ordinary case, with this owner and promised by this day.
        let task = Undertaking {
            item: bikes,
            what: "在 3 栋东侧装充电棚",
            owner: house.appointment(MANAGER),
            due: jiff::civil::date(2026, 12, 12),
        };
        act!(house, tx => holding::undertake(&ctx, tx, &house.office, id, &task)).unwrap();
        let file = house.file(SECRETARY, id).await.unwrap().file;
        let done = &file.undertaken[0];
        let case = linli_cases::queries::readable(&ctx, &mut house.db.read().await.unwrap().conn(), house.district, linli_cases::CaseId(done.promised.case)).await.unwrap();
        assert_eq!(case.owner.as_ref().map(|owner| owner.appointment), Some(house.appointment(MANAGER)));
        let end_of_day = linli_kernel::Ts::from_local(jiff::civil::date(2026, 12, 13).at(0, 0, 0, 0));
        assert_eq!((case.due_at, case.class.as_str(), case.place.clone()), (end_of_day, "other", house.estate.clone()));
        assert_eq!(done.promised.who, "玄武物业 靳经理");

        // Without minutes, with a conflict, with a side that has not confirmed: nothing takes effect.
        let approve = async || act!(house, tx => closing::approve(&ctx, tx, &house.office, id));
        assert!(matches!(approve().await, Err(CouncilError::NoMinutes)));
        act!(house, tx => closing::write(&ctx, tx, id, ("第一版", ""))).unwrap();
        assert!(matches!(approve().await, Err(CouncilError::Unanswered(1))));
        act!(house, tx => holding::answer(&ctx, tx, id, against, (Answered::Explained, "东侧另划三个车位"))).unwrap();
        assert!(matches!(approve().await, Err(CouncilError::NoMinutes)), "something was noted after the minutes");
        act!(house, tx => closing::write(&ctx, tx, id, ("第二版", "补记答复"))).unwrap();
        assert!(matches!(approve().await, Err(CouncilError::Unconfirmed(Party::Property))));
        act!(house, tx => closing::confirm(&house.ctx(MANAGER), tx, id)).unwrap();
        approve().await.unwrap();
        let versions = house.file(SECRETARY, id).await.unwrap().minutes;
        assert_eq!(versions.iter().map(|one| (one.version, one.approved_at.is_some())).collect::<Vec<_>>(), [(2, true), (1, false)]);

        act!(house, tx => closing::publish(&ctx, tx, &house.office, id, &words("结果公示"))).unwrap();
        assert!(house.notices(&house.entrance).await.contains(&"结果公示".to_owned()));
        let file = house.file(OFFICER, id).await.unwrap().file;
        assert_eq!(file.meeting.state, State::Published);
        assert!(file.proofs.0.is_some() && file.proofs.1.is_some(), "notice and result are in the public log");
        assert_eq!(file.absent(), [Party::OwnersCommittee], "who should have been there and was not is said");
        // The journal says that, and no word and no name of anybody.
        for line in house.lines("council.said").await.iter().chain(&house.lines("council.invited").await) {
            let text = line.facts().to_string();
            assert!(!text.contains("张三") && !text.contains("危险"), "{text}");
        }
        house.whole().await;
    }

    async fn a_correction_is_a_new_version_and_takes_the_place_of_the_result(db: Db) {
        let house = House::new(db).await;
        let ctx = house.ctx(SECRETARY);
        let (id, items) = house.held(&JOINT, &[("楼道堆物", Electorate::Council)]).await;
        house.decide(id, items[0], Outcome::Agreed).await.unwrap();
        house.approve(id).await.unwrap();
        act!(house, tx => closing::publish(&ctx, tx, &house.office, id, &words("结果一"))).unwrap();
        assert!(matches!(house.decide(id, items[0], Outcome::Rejected).await, Err(CouncilError::NoStep)), "what is published stands");
        act!(house, tx => closing::correct(&ctx, tx, &house.office, id)).unwrap();
        assert!(house.notices(&house.estate).await.contains(&"结果一".to_owned()), "until another takes its place");
        house.decide(id, items[0], Outcome::Rejected).await.unwrap();
        let silent = act!(house, tx => closing::write(&ctx, tx, id, ("改过", ""))).unwrap_err();
        assert!(matches!(silent, CouncilError::Field { field: "reason", problem: Wrong::Required }));
        house.approve(id).await.unwrap();
        act!(house, tx => closing::publish(&ctx, tx, &house.office, id, &words("结果二"))).unwrap();
        let now = house.notices(&house.estate).await;
        assert!(now.contains(&"结果二".to_owned()) && !now.contains(&"结果一".to_owned()), "{now:?}");
        let history = linli_record::queries::history(&mut house.db.read().await.unwrap().conn(), house.district, id.0).await.unwrap();
        assert_eq!(history.iter().filter(|one| one.kind == closing::RESULT).count(), 2, "both stay in the log");
        house.whole().await;
    }

    async fn put_off_and_cancelled_calendars_hear_of_it(db: Db) {
        let house = House::new(db).await;
        let ctx = house.ctx(SECRETARY);
        let id = house.draft(&JOINT).await;
        house.item(id, "楼道堆物", Electorate::Council).await;
        let when = When { title: "十一月联席会议", starts_at: at(29, 9), ends_at: at(29, 10), venue: "锁金三村门卫室" };
        act!(house, tx => meetings::change(&ctx, tx, &house.office, id, (&when, &words("没人知道"), ""))).unwrap();
        assert_eq!(house.file(SECRETARY, id).await.unwrap().file.meeting.sequence, 0, "of a draft nobody was told");
        assert!(house.notices(&house.estate).await.is_empty());
        house.call(id).await.unwrap();
        let later = When { starts_at: at(30, 19), ends_at: at(30, 20), ..when.clone() };
        act!(house, tx => meetings::change(&ctx, tx, &house.office, id, (&later, &words("改期"), ""))).unwrap();
        assert_eq!(house.notices(&house.estate).await, ["改期"]);
        // Brought forward: the period of notice is to be kept again, or a reason given.
        let sooner = When { starts_at: at(26, 19), ends_at: at(26, 20), ..when };
        let refused = act!(house, tx => meetings::change(&ctx, tx, &house.office, id, (&sooner, &words("提前"), ""))).unwrap_err();
        assert!(matches!(refused, CouncilError::TooSoon { with_reason: true, .. }), "{refused}");
        house.item(id, "再加一件", Electorate::Council).await;
        assert_eq!(house.file(SECRETARY, id).await.unwrap().file.meeting.sequence, 2, "another time, another agenda");
        let silent = act!(house, tx => meetings::cancel(&ctx, tx, &house.office, id, ("", &words("取消")))).unwrap_err();
        assert!(matches!(silent, CouncilError::Field { field: "because", .. }));
        act!(house, tx => meetings::cancel(&ctx, tx, &house.office, id, ("暴雪", &words("取消")))).unwrap();
        let meeting = house.file(SECRETARY, id).await.unwrap().file.meeting;
        assert_eq!((meeting.sequence, meeting.state), (3, State::Cancelled));
        assert_eq!(house.notices(&house.estate).await, ["取消"]);
        let (_, feed) = queries::feeds::of_community(&mut house.db.read().await.unwrap().conn(), (house.district, &house.community), house.now()).await.unwrap();
        assert_eq!(feed.len(), 1, "a calendar hears of a cancellation only where the meeting is still there");
        assert!(matches!(house.call(id).await, Err(CouncilError::NoStep)));
        house.whole().await;
    }

    async fn papers_hang_with_a_photo(db: Db) {
        let house = House::new(db).await;
        let id = house.draft(&JOINT).await;
        house.item(id, "楼道堆物", Electorate::Council).await;
        let ctx = house.ctx(STEWARD);
        let hang = async |place: PlacePath, photo| act!(house, tx => closing::hang(&ctx, tx, id, (Paper::Notice, &place, photo)));
        assert!(matches!(hang(house.entrance.clone(), None).await, Err(CouncilError::NotFound)), "of a draft a steward knows nothing");
        house.call(id).await.unwrap();
        let bytes = house.db.blobs().put(vec![0xff, 0xd8]).await.unwrap();
        let photo = Some(linli_cases::StoredPhoto { hash: bytes, bytes: 2, thumb: bytes, thumb_bytes: 2 });
        let none = hang(house.entrance.clone(), None).await.unwrap_err();
        assert!(matches!(none, CouncilError::Field { field: "photo", problem: Wrong::Required }));
        hang(house.entrance.clone(), photo).await.unwrap();
        let elsewhere = hang(house.estate.clone(), photo).await.unwrap_err();
        assert!(matches!(elsewhere, CouncilError::Denied(_)), "who answers for a door says so of that door");
        let result = act!(house, tx => closing::hang(&house.ctx(RED), tx, id, (Paper::Result, &house.entrance, photo)));
        assert!(matches!(result, Err(CouncilError::NoStep)), "there is no result yet");
        assert_eq!(house.file(SECRETARY, id).await.unwrap().file.postings[0].1, "锁金三村 3栋 2单元");
        house.whole().await;
    }
}

/// The words of the table, so that a new one is not forgotten.
#[test]
fn the_table_knows_every_event() {
    let book = linli_rulebook::Rulebook::builtin(&linli_council::rules::PACKS).unwrap();
    let rule = book.get::<linli_council::rules::Council>(linli_council::rules::ID, &PlacePath::root(), at(24, 9)).unwrap();
    for event in Event::ALL {
        assert!(State::ALL.iter().any(|state| rule.value.step(*state, *event).is_some()), "{event}");
    }
    assert!(Presence::ALL.len() > 3 && Action::ALL.len() == 8);
}
