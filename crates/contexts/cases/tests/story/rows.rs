//! Every row of the transition table, one by one: the real commands bring a case to where the row begins, everybody whom the row names does
//! its event, and nobody else can.

use std::collections::{BTreeSet, VecDeque};

use linli_access::{Ctx, Role};
use linli_cases::commands::{self, Correction, Finish, Heard, NewReport, Onward, Which};
use linli_cases::rules::{PACKS, Row, Rules, Transitions, Who};
use linli_cases::{Case, CaseId, CaseState, CasesError, ClockRuns, Event, InvalidTransition, LinkToken, queries};
use linli_db::{Db, sql};
use linli_rulebook::Rulebook;

use crate::house::{
    ADMINISTRATOR, DESK, DISTRICT, DISTRICT_PATH, ESTATE, House, MANAGER, OFFICER, SECRETARY, STEWARD, Staff, act, lamp, photo,
};
use crate::units::WATER;

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doer {
    Reporter,
    Staff(Staff),
    Unit,
    System,
}

impl std::fmt::Debug for Staff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.role.as_str())
    }
}

/// Somebody of every role there is.
fn everybody() -> Vec<Staff> {
    let known = [STEWARD, MANAGER, DESK, SECRETARY, OFFICER, ADMINISTRATOR];
    let of = |(role, number): (&Role, u128)| {
        known.iter().copied().find(|staff| staff.role == *role).unwrap_or(Staff { number, role: *role, at: ESTATE })
    };
    Role::ALL.iter().zip(50..).map(of).collect()
}

/// The class of the house's rules that is handled by a profile.
fn class_of(profile: &str) -> &'static str {
    match profile {
        "repair" => "stair_lamp",
        "city" => "street_lamp",
        "hotline" => "green",
        other => panic!("no class here is handled by {other}: give it one"),
    }
}

/// The line of the journal that an event leaves.
const fn line_of(event: Event) -> &'static str {
    match event {
        Event::Report => "cases.reported",
        Event::Check => "cases.check_asked",
        Event::File => "cases.filed",
        Event::Dispatch => "cases.dispatched",
        Event::Assign => "cases.assigned",
        Event::Take => "cases.taken",
        Event::Finish => "cases.finished",
        Event::Answer => "cases.answered",
        Event::CheckResult => "cases.result_check_asked",
        Event::AskReporter => "cases.reporter_asked",
        Event::Confirm => "cases.confirmed",
        Event::NotFixed | Event::Reopen => "cases.reopened",
        Event::Lapse => "cases.lapsed",
        Event::Close => "cases.closed",
        Event::Void => "cases.voided",
        Event::Return => "cases.returned",
        Event::Rework => "cases.reworked",
        Event::Merge => "cases.merged",
        Event::Join => "cases.joined",
        Event::Extend => "cases.extended",
        Event::Suspend => "cases.suspended",
        Event::Resume => "cases.resumed",
        Event::EndElsewhere => "cases.ended_elsewhere",
        Event::GoOnElsewhere => "cases.gone_on_elsewhere",
    }
}

/// What an organisation does by its link. It neither holds a case nor lets it go on: it asks a desk for time.
const fn by_link(event: Event) -> bool {
    matches!(event, Event::Take | Event::Finish | Event::Answer | Event::Return)
}

/// Whether a row names somebody, read off the file anew: the code under test has its own reading.
fn names(row: &Row, doer: Doer, has_it: bool) -> bool {
    let fits = |who: &Who| match doer {
        Doer::Reporter => *who == Who::Reporter,
        Doer::System => *who == Who::System,
        Doer::Unit => has_it && matches!(who, Who::Owner | Who::Unit),
        Doer::Staff(staff) => *who == Who::Role(staff.role) || (has_it && *who == Who::Owner),
    };
    row.who.iter().any(fits) && !row.never.iter().any(fits)
}

/// The shortest way of rows from nothing to a state; with `unit`, to where an organisation has the case. That another system says something
/// is a way only to what it says.
fn way(table: &Transitions, profile: &str, to: CaseState, (unit, heard): (bool, bool)) -> Option<Vec<Row>> {
    let mut seen = BTreeSet::from([(CaseState::None, false)]);
    let mut ways = VecDeque::from([(CaseState::None, false, Vec::new())]);
    while let Some((state, has, way)) = ways.pop_front() {
        if (state, has) == (to, unit) {
            return Some(way);
        }
        let goes_on = |row: &&Row| row.state == state && row.counts_in(profile) && (heard || !row.event.is_heard());
        for row in table.rows().filter(goes_on) {
            let given = matches!(row.event, Event::Assign | Event::Dispatch);
            let has = unit && (has || given) && row.event != Event::Return;
            if seen.insert((row.to, has)) {
                ways.push_back((row.to, has, way.iter().cloned().chain([row.clone()]).collect()));
            }
        }
    }
    None
}

/// Who does a step of the way: whoever works on it, else the reporter, else a desk that has no other part in it.
fn usual(row: &Row, worker: Doer) -> Doer {
    let has_it = row.who.contains(&Who::Owner) || row.event == Event::Take;
    if has_it && (worker != Doer::Unit || by_link(row.event)) {
        return worker;
    }
    let others = [Doer::Reporter, Doer::Staff(DESK), Doer::Staff(OFFICER), Doer::System];
    others
        .into_iter()
        .find(|doer| names(row, *doer, false))
        .unwrap_or_else(|| panic!("nobody does {} of {}", row.event, row.state))
}

/// A case on its way.
struct Reported {
    id: CaseId,
    number: String,
    link: LinkToken,
}

/// The house in which every profile has a class, an organisation with its link, and a case as which others can go on.
struct Ways {
    house: House,
    water: LinkToken,
    other: String,
}

impl Ways {
    async fn new(db: Db) -> Self {
        let house = House::new(db).await;
        let with = |text: String, profile: &str| {
            let code = format!("code = \"{}\"", class_of(profile));
            assert!(text.contains(&code), "{code}");
            text.replace(&code, &format!("{code}\nprofile = \"{profile}\""))
        };
        let classes = ["repair", "city", "hotline"].into_iter().fold(PACKS[1].1.to_owned(), with);
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("classes.toml".to_owned(), classes)]).unwrap();
        Rules::check_at(&book, house.clock_now()).unwrap();
        house.book.replace(book);
        house.organisations().await;
        let water = house.unit_link(OFFICER, WATER, DISTRICT_PATH).await.unwrap().token;
        let other = house.lamp().await.number;
        Self { house, water, other }
    }

    fn table(&self) -> Transitions {
        self.house.office.rules(&lamp().place, self.house.clock_now()).unwrap().transitions().clone()
    }

    fn ctx(&self, doer: Doer) -> Ctx {
        match doer {
            Doer::Reporter | Doer::Unit => self.house.visitor(),
            Doer::Staff(who) => self.house.staff(who),
            Doer::System => self.house.system(),
        }
    }

    async fn report(&self, doer: Doer, profile: &str) -> Result<Reported, CasesError> {
        let input = NewReport { class: Some(class_of(profile).to_owned()), ..lamp() };
        let reported = self.house.report(&self.ctx(doer), input).await?;
        Ok(Reported { id: reported.id, number: reported.number, link: reported.link })
    }

    /// Brings a new case to a state. Where no way of its profile leads there, it came by another one before its class was corrected.
    async fn at(&self, profile: &str, to: CaseState, worker: Doer, heard: bool) -> Option<Reported> {
        let (table, unit) = (self.table(), worker == Doer::Unit);
        let mut profiles: Vec<&str> = table.profiles().map(|(code, _)| code).collect();
        profiles.sort_by_key(|code| *code != profile);
        let (first, way) = profiles.into_iter().find_map(|code| Some((code, way(&table, code, to, (unit, heard))?)))?;
        let reported = self.report(Doer::Reporter, first).await.unwrap();
        for row in &way[1..] {
            let doer = usual(row, worker);
            let step = self.drive(&reported, row.event, doer, worker).await;
            step.unwrap_or_else(|error| {
                panic!("on the way to {to} in {first}: {} of {} by {doer:?}: {error}", row.event, row.state)
            });
        }
        if first != profile {
            let to = Correction { class: class_of(profile).to_owned(), ..Correction::default() };
            let house = &self.house;
            act!(house, tx => commands::correct_class(&house.staff(DESK), tx, &house.office, reported.id, (&to, "归类有误")))
                .unwrap();
        }
        Some(reported)
    }

    /// The real command of an event. A case is given to `worker`.
    async fn drive(&self, case: &Reported, event: Event, doer: Doer, worker: Doer) -> Result<(), CasesError> {
        let (house, office, ctx, id) = (&self.house, &self.house.office, &self.ctx(doer), case.id);
        let unit = doer == Doer::Unit;
        let which = if doer == Doer::Reporter { Which::Link(&case.link) } else { Which::Id(id) };
        let done = || Finish { photos: vec![photo(9)], no_photo_because: None, done: Some("换了灯泡".to_owned()) };
        let to = match worker {
            Doer::Staff(who) => who.owner().appointment,
            _ => STEWARD.owner().appointment,
        };
        let entrusts = worker == Doer::Unit;
        match event {
            Event::Report => self.report(doer, "repair").await.map(|_| ()),
            Event::Take if unit => act!(house, tx => commands::take_as_unit(ctx, tx, office, &self.water, id)).map(|_| ()),
            Event::Take => act!(house, tx => commands::take(ctx, tx, office, id)).map(|_| ()),
            Event::Dispatch | Event::Assign if entrusts => {
                act!(house, tx => commands::entrust(ctx, tx, office, id, WATER)).map(|_| ())
            }
            Event::Dispatch => act!(house, tx => commands::dispatch(ctx, tx, office, id, to)).map(|_| ()),
            Event::Assign => act!(house, tx => commands::assign(ctx, tx, office, id, to)).map(|_| ()),
            Event::Finish | Event::Answer if unit => {
                act!(house, tx => commands::finish_as_unit(ctx, tx, office, &self.water, (id, done()))).map(|_| ())
            }
            Event::Finish => act!(house, tx => commands::finish(ctx, tx, office, id, done())).map(|_| ()),
            Event::Answer => act!(house, tx => commands::answer(ctx, tx, office, id, done())).map(|_| ()),
            Event::Return if unit => {
                act!(house, tx => commands::return_as_unit(ctx, tx, office, &self.water, (id, "不归我们"))).map(|_| ())
            }
            Event::Confirm => act!(house, tx => commands::confirm(ctx, tx, office, which, None)).map(|_| ()),
            Event::NotFixed => act!(house, tx => commands::not_fixed(ctx, tx, office, which, "还是不亮")).map(|_| ()),
            Event::Void => act!(house, tx => commands::void(ctx, tx, office, id, "不属实")).map(|_| ()),
            Event::Merge => act!(house, tx => commands::merge(ctx, tx, office, id, &self.other)).map(|_| ()),
            Event::Join => act!(house, tx => commands::join(ctx, tx, office, which, &self.other)).map(|_| ()),
            Event::Extend => act!(house, tx => commands::extend(ctx, tx, office, id, ("fifteen_days", "灯具缺货"))).map(|_| ()),
            Event::Suspend => {
                let until = Some(house.clock_now().plus_secs(3_600));
                act!(house, tx => commands::suspend(ctx, tx, office, id, (until, "等材料"))).map(|_| ())
            }
            Event::Lapse | Event::Resume if doer == Doer::System => {
                house.clock.advance_secs(if event == Event::Lapse { 8 * 86_400 } else { 3_600 });
                while act!(house, tx => commands::wake(ctx, tx, office, 100))?.seen == 100 {}
                Ok(())
            }
            Event::Lapse => act!(house, tx => commands::wake(ctx, tx, office, 100)).map(|_| ()),
            Event::Resume => act!(house, tx => commands::resume(ctx, tx, office, id)).map(|_| ()),
            Event::EndElsewhere | Event::GoOnElsewhere => {
                let open = event == Event::GoOnElsewhere;
                let heard = Heard { system: "elsewhere", id: "7", open, status: "said", notes: "" };
                act!(house, tx => commands::heard_elsewhere(ctx, tx, office, id, heard))
            }
            Event::Check
            | Event::File
            | Event::CheckResult
            | Event::AskReporter
            | Event::Rework
            | Event::Close
            | Event::Return
            | Event::Reopen => {
                let onward = Onward::of(event).unwrap();
                act!(house, tx => commands::move_on(ctx, tx, office, id, onward, "看过现场")).map(|_| ())
            }
        }
    }

    async fn lines_of_all(&self) -> i64 {
        let mut read = self.house.db.read().await.unwrap();
        let c = &mut read.conn();
        sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM journal").fetch_one(x).await).unwrap()
    }

    /// The case is where the row says, its clock does what the row says, Open311 shows what the row says, and the journal has it.
    async fn has_arrived(&self, row: &Row, doer: Doer, (case, lines): (&Reported, usize), what: &str) {
        let after = self.house.case(case.id).await;
        assert_eq!((after.state, after.clock), (row.to, row.clock), "{what}");
        assert_eq!(after.finished_at.is_some(), row.clock == ClockRuns::Stopped, "{what}: finished");
        let late = after.due_at.unwrap_or_else(|| panic!("{what}: promised nothing")).plus_secs(1);
        assert_eq!(after.is_overdue(late), row.clock == ClockRuns::Running, "{what}: time counts");
        let shown = {
            let mut read = self.house.db.read().await.unwrap();
            queries::published_by_numbers(
                &mut read.conn(),
                DISTRICT,
                &linli_cases::rules::Openness::default(),
                std::slice::from_ref(&case.number),
            )
            .await
            .unwrap()
        };
        let open: Vec<bool> = shown.iter().map(|shown| shown.closed_at.is_none()).collect();
        assert_eq!((open, after.is_open()), (vec![row.open], row.open), "{what}: what Open311 shows");
        let by = match doer {
            Doer::Reporter => "reporter",
            Doer::Staff(who) => who.role.as_str(),
            Doer::Unit => "unit",
            Doer::System => "system",
        };
        let new = self.house.lines(case.id).await.split_off(lines);
        let of_it: Vec<_> = new.iter().filter(|line| line.kind == line_of(row.event)).collect();
        assert_eq!(of_it.len(), 1, "{what}: {new:?}");
        let facts = of_it[0].facts();
        let mark = self.house.office.rules(&after.place, self.house.clock_now()).unwrap().transitions_mark();
        assert_eq!((facts["to"].as_str(), facts["rule"].as_str()), (Some(row.to.as_str()), Some(mark.as_str())), "{what}");
        if row.event != Event::Report {
            assert_eq!((facts["from"].as_str(), facts["by"].as_str()), (Some(row.state.as_str()), Some(by)), "{what}");
        }
    }

    /// One row, by one whom it names, on a case of its own.
    async fn happens(&self, profile: &str, row: &Row, doer: Doer, worker: Doer) {
        let what = format!("{profile}: {} of {} by {doer:?}", row.event, row.state);
        if row.event == Event::Report {
            let case = self.report(doer, profile).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            return self.has_arrived(row, doer, (&case, 0), &what).await;
        }
        let case = self
            .at(profile, row.state, worker, row.event.is_heard())
            .await
            .unwrap_or_else(|| panic!("{what}: no way leads there"));
        let before = self.house.case(case.id).await;
        assert_eq!(before.state, row.state, "{what}: before");
        let lines = self.house.lines(case.id).await.len();
        self.drive(&case, row.event, doer, worker).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        self.has_arrived(row, doer, (&case, lines), &what).await;
    }

    /// One row, by one whom it does not name: refused, and nothing changes.
    async fn is_refused(&self, profile: &str, row: &Row, doer: Doer, before: Option<(&Reported, &Case)>) {
        let what = format!("{profile}: {} of {} by {doer:?}, whom the row does not name", row.event, row.state);
        let lines = self.lines_of_all().await;
        let refused = match before {
            Some((case, _)) => self.drive(case, row.event, doer, Doer::Staff(STEWARD)).await,
            None => self.report(doer, profile).await.map(|_| ()),
        };
        let error = refused.err().unwrap_or_else(|| panic!("{what}: it happened"));
        let clear = matches!(
            error,
            CasesError::Denied(_) | CasesError::NotFound | CasesError::Transition(InvalidTransition::NotYours { .. })
        );
        assert!(clear, "{what}: {error}");
        if let Some((case, before)) = before {
            assert_eq!(&self.house.case(case.id).await, before, "{what}");
        }
        assert_eq!(self.lines_of_all().await, lines, "{what}: lines");
    }

    /// Everybody does the event of a row: those whom it names each on a case of his own, all others on one that stays as it was.
    async fn try_row(&self, profile: &str, row: &Row) {
        let steward = Doer::Staff(STEWARD);
        let still = match row.event {
            Event::Report => None,
            _ => Some(
                self.at(profile, row.state, steward, row.event.is_heard())
                    .await
                    .unwrap_or_else(|| panic!("{profile}: no way leads to {}, of which the table has {}", row.state, row.event)),
            ),
        };
        let before = match &still {
            Some(case) => Some(self.house.case(case.id).await),
            None => None,
        };
        let has_it = |doer| match (&before, doer) {
            (Some(case), Doer::Staff(who)) => case.owner.as_ref() == Some(&who.owner()),
            _ => false,
        };
        let everybody = everybody().into_iter().map(Doer::Staff);
        let (named, others): (Vec<Doer>, Vec<Doer>) =
            [Doer::Reporter, Doer::System].into_iter().chain(everybody).partition(|doer| names(row, *doer, has_it(*doer)));
        // The others first: what the program does by itself it does to every case whose time has come.
        for doer in others {
            self.is_refused(profile, row, doer, still.as_ref().zip(before.as_ref())).await;
        }
        if by_link(row.event) {
            self.is_refused(profile, row, Doer::Unit, still.as_ref().zip(before.as_ref())).await;
        }
        assert!(!named.is_empty(), "{profile}: nobody can do {} of {}", row.event, row.state);
        for doer in named {
            self.happens(profile, row, doer, steward).await;
        }
        if by_link(row.event) {
            self.try_unit(profile, row).await;
        }
        if row.never.contains(&Who::Owner) {
            self.never_by_who_did_it(profile, row).await;
        }
    }

    /// The organisation that has the case does it by its link.
    async fn try_unit(&self, profile: &str, row: &Row) {
        if !names(row, Doer::Unit, true) {
            return;
        }
        match self.at(profile, row.state, Doer::Unit, false).await {
            Some(_) => self.happens(profile, row, Doer::Unit, Doer::Unit).await,
            // What was just reported nobody has given to an organisation yet: of those whom the row names it is the staff that takes it.
            None => assert_eq!(row.state, CaseState::Reported, "{profile}: {} of {} by an organisation", row.event, row.state),
        }
    }

    /// Who has it and is of a role that the row names cannot do it all the same.
    async fn never_by_who_did_it(&self, profile: &str, row: &Row) {
        let own = Doer::Staff(MANAGER);
        assert!(names(row, own, false) && !names(row, own, true), "{profile}: {} of {}", row.event, row.state);
        let case = self.at(profile, row.state, own, false).await.unwrap();
        let before = self.house.case(case.id).await;
        assert_eq!(before.owner, Some(MANAGER.owner()));
        self.is_refused(profile, row, own, Some((&case, &before))).await;
    }
}

async fn every_row(db: Db, profile: &str) {
    let ways = Ways::new(db).await;
    let table = ways.table();
    let rows: Vec<Row> = table.rows().filter(|row| row.counts_in(profile)).cloned().collect();
    assert!(rows.len() > 40, "{profile}: only {} rows", rows.len());
    for row in &rows {
        ways.try_row(profile, row).await;
    }
    ways.house.fold().await;
    ways.house.clean().await;
}

linli_db::both_databases! {
    async fn every_row_of_a_repair(db: Db) {
        every_row(db, "repair").await;
    }

    async fn every_row_of_city_management(db: Db) {
        every_row(db, "city").await;
    }

    async fn every_row_of_a_hotline_ticket(db: Db) {
        every_row(db, "hotline").await;
    }

    /// No row is left out because no profile of the tests has it.
    async fn every_row_counts_in_a_profile_that_is_walked(db: Db) {
        let ways = Ways::new(db).await;
        let table = ways.table();
        let profiles: Vec<&str> = table.profiles().map(|(code, _)| code).collect();
        assert_eq!(profiles, ["city", "hotline", "repair"]);
        for row in table.rows() {
            assert!(profiles.iter().any(|code| row.counts_in(code)), "{} of {} counts nowhere", row.event, row.state);
        }
    }
}
