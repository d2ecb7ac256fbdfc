//! Nothing is dropped: what is left open goes on by itself, what was promised is looked at until it is done, a month that was missed shows.

use linli_council::commands::holding::{self, Undertaking};
use linli_council::commands::{meetings, sweep};
use linli_council::model::{Electorate, Kind, Month, Outcome, State};
use linli_council::queries::months::{MonthState, months};
use linli_council::{CouncilError, queries};
use linli_db::Db;
use linli_kernel::Ts;

use crate::house::{House, MANAGER, OFFICER, OTHER, Plan, SECRETARY, act, at, words};

const JOINT: Plan = Plan { kind: Kind::Joint, day: 28, hour: 19 };

fn titles(items: &[linli_council::model::Item]) -> Vec<(String, i64, Outcome)> {
    items.iter().map(|item| (item.title.clone(), item.carried, item.outcome)).collect()
}

linli_db::both_databases! {
    async fn what_is_left_open_goes_on_by_itself(db: Db) {
        let house = House::new(db).await;
        let (first, items) = house
            .held(&JOINT, &[("楼道堆物", Electorate::Council), ("修围墙", Electorate::Council), ("充电棚", Electorate::Council)])
            .await;
        house.decide(first, items[0], Outcome::Agreed).await.unwrap();
        house.decide(first, items[1], Outcome::Deferred).await.unwrap();
        // The third was not spoken about. The next meeting is made before the minutes are done.
        let second = house.draft(&Plan { kind: Kind::Joint, day: 30, hour: 19 }).await;
        let agenda = house.file(SECRETARY, second).await.unwrap().file.items;
        assert_eq!(titles(&agenda), [("修围墙".to_owned(), 1, Outcome::Open), ("充电棚".to_owned(), 1, Outcome::Open)]);
        let late = house.decide(first, items[2], Outcome::Agreed).await.unwrap_err();
        assert!(matches!(late, CouncilError::Carried), "it goes on there now, and nowhere twice");
        house.approve(first).await.unwrap();
        assert_eq!(house.file(SECRETARY, second).await.unwrap().file.items.len(), 2, "carried once");
        // The second is called and cancelled: its matters go on too, and are counted.
        house.until(at(28, 21));
        let because = "党委统一安排";
        act!(house, tx => meetings::call(&house.ctx(SECRETARY), tx, &house.office, second, (&words("通知"), because))).unwrap();
        act!(house, tx => meetings::cancel(&house.ctx(SECRETARY), tx, &house.office, second, ("停电", &words("取消")))).unwrap();
        let third = house.draft(&Plan { kind: Kind::Joint, day: 30, hour: 9 }).await;
        let agenda = house.file(SECRETARY, third).await.unwrap().file.items;
        assert_eq!(titles(&agenda), [("修围墙".to_owned(), 2, Outcome::Open), ("充电棚".to_owned(), 2, Outcome::Open)]);
        // A single-matter meeting takes nothing over; what it leaves goes to the joint one.
        let single = house.draft(&Plan { kind: Kind::Single, day: 29, hour: 19 }).await;
        assert!(house.file(SECRETARY, single).await.unwrap().file.items.is_empty());
        house.item(single, "门禁", Electorate::Council).await;
        let new = meetings::NewItem { title: "另一件", matter: "", place: None, source: None, electorate: Electorate::Council };
        let second_matter = act!(house, tx => meetings::add_item(&house.ctx(SECRETARY), tx, single, &new));
        assert!(matches!(second_matter, Err(CouncilError::Twice)), "one matter, one meeting");
        act!(house, tx => meetings::call(&house.ctx(SECRETARY), tx, &house.office, single, (&words("通知"), because))).unwrap();
        house.until(at(29, 19));
        house.hold(single).await.unwrap();
        house.approve(single).await.unwrap();
        let agenda = house.file(SECRETARY, third).await.unwrap().file.items;
        assert_eq!(agenda.iter().map(|item| item.title.as_str()).collect::<Vec<_>>(), ["修围墙", "充电棚", "门禁"]);
        house.whole().await;
    }

    async fn a_promise_stands_on_every_agenda_until_it_is_kept(db: Db) {
        let house = House::new(db).await;
        let (first, items) = house.held(&JOINT, &[("充电棚", Electorate::Council)]).await;
        house.decide(first, items[0], Outcome::Agreed).await.unwrap();
        let due = jiff::civil::date(2026, 11, 30);
        let task = Undertaking { item: items[0], what: "装充电棚", owner: house.appointment(MANAGER), due };
        act!(house, tx => holding::undertake(&house.ctx(SECRETARY), tx, &house.office, first, &task)).unwrap();
        let early = Undertaking { due: jiff::civil::date(2026, 11, 28), ..task.clone() };
        let refused = act!(house, tx => holding::undertake(&house.ctx(SECRETARY), tx, &house.office, first, &early)).unwrap_err();
        assert!(matches!(refused, CouncilError::Field { field: "due", .. }));
        let nobody = Undertaking { owner: house.appointment(OTHER), ..task };
        let refused = act!(house, tx => holding::undertake(&house.ctx(SECRETARY), tx, &house.office, first, &nobody)).unwrap_err();
        assert!(matches!(refused, CouncilError::Field { field: "owner", .. }), "who answers for another community takes nothing on here");
        house.approve(first).await.unwrap();
        let second = house.draft(&Plan { kind: Kind::Joint, day: 30, hour: 19 }).await;
        house.until(at(30, 20).plus_secs(86_400));
        let file = house.file(SECRETARY, second).await.unwrap().file;
        assert_eq!(file.promises.len(), 1);
        assert!(file.promises[0].late(house.now()));
        let case = linli_cases::CaseId(file.promises[0].promised.case);
        let finish = linli_cases::commands::Finish { no_photo_because: Some("装在室内".into()), ..Default::default() };
        act!(house, tx => linli_cases::commands::take(&house.ctx(MANAGER), tx, &house.cases, case)).unwrap();
        act!(house, tx => linli_cases::commands::finish(&house.ctx(MANAGER), tx, &house.cases, case, finish.clone())).unwrap();
        let by_desk = linli_cases::commands::Which::Id(case);
        act!(house, tx => linli_cases::commands::confirm(&house.ctx(SECRETARY), tx, &house.cases, by_desk, None)).unwrap();
        assert!(house.file(SECRETARY, second).await.unwrap().file.promises.is_empty(), "kept, and off the list");
        house.whole().await;
    }

    async fn a_month_that_was_missed_shows_at_the_district(db: Db) {
        let house = House::new(db).await;
        let (id, items) = house.held(&JOINT, &[("楼道堆物", Electorate::Council)]).await;
        house.decide(id, items[0], Outcome::Agreed).await.unwrap();
        let of = async |who: &str, name: &str| {
            let mut read = house.db.read().await.unwrap();
            let all = months(&house.ctx(who), &mut read.conn(), &house.office).await.unwrap();
            all.into_iter().find(|one| one.place == house.community || one.name == name)
        };
        let november = Month { year: 2026, month: 11 };
        let state = |found: &queries::months::CommunityMonths, month| found.months.iter().find(|(one, _)| *one == month).map(|(_, state)| *state);
        let found = of(OFFICER, "").await.unwrap();
        assert_eq!((found.began, state(&found, november)), (true, Some(MonthState::Held)));
        assert_eq!(state(&found, november.before()), Some(MonthState::Before), "before its first meeting nothing was missed");
        // The other community never met: that shows, and nobody else's secretary sees it.
        let never = of(OTHER, "").await;
        assert!(never.is_none_or(|one| one.place != house.community));
        let tell = async || act!(house, tx => sweep(&house.system(), tx, &house.office, 500)).unwrap();
        // December passes without one.
        house.until(Ts::from_local(jiff::civil::date(2027, 1, 2).at(9, 0, 0, 0)).unwrap());
        let found = of(OFFICER, "").await.unwrap();
        assert_eq!(state(&found, november.after()), Some(MonthState::Missed));
        assert_eq!((tell().await, tell().await), (1, 0), "told once");
        let line = &house.lines("council.month_missed").await[0];
        assert_eq!((line.place_path.clone(), line.facts()["month"].as_str()), (house.community.clone(), Some("2026-12")));
        // A single-matter meeting is none of the month; a called one shows while the month goes on.
        assert_eq!(state(&found, november.after().after()), Some(MonthState::Waiting));
        assert_eq!(house.file(SECRETARY, id).await.unwrap().file.meeting.state, State::Held);
        house.whole().await;
    }
}
