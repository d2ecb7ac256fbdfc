//! Departments, utilities and contractors: they own cases behind a private link, and are called across.

use linli_access::Scope;
use linli_cases::commands::{self, CallAnswer, Finish, MadeLink, NewCall, Onward, Which};
use linli_cases::rules::{PACKS, Rules};
use linli_cases::{
    Call, CallKind, CallOutcome, CaseId, CaseState, CasesError, FieldProblem, InvalidTransition, LinkToken, UnitLinkId, queries,
};
use linli_db::{Db, exec};
use linli_kernel::Ts;
use linli_people::model::OrganisationId;
use linli_rulebook::Rulebook;
use uuid::Uuid;

use crate::house::{
    ADMINISTRATOR, COMMUNITY, DESK, DISTRICT, ESTATE, House, MANAGER, OFFICER, OTHER_ENTRANCE, SECRETARY, STEWARD, Staff, act,
    path, photo,
};

pub const WATER: OrganisationId = OrganisationId(Uuid::from_u128(501));
pub const LAMPS: OrganisationId = OrganisationId(Uuid::from_u128(502));
const HOSPITAL: OrganisationId = OrganisationId(Uuid::from_u128(503));

fn at(month: i8, day: i8, hour: i8) -> Ts {
    Ts::from_local(jiff::civil::date(2026, month, day).at(hour, 0, 0, 0)).unwrap()
}

fn result() -> Finish {
    Finish { photos: vec![photo(9)], no_photo_because: None, done: Some("换了阀门".to_owned()) }
}

impl House {
    /// Three organisations are known: a utility, a contractor, and a hospital that takes no cases.
    pub async fn organisations(&self) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        for (id, kind, name) in
            [(WATER, "utility", "市自来水公司"), (LAMPS, "contractor", "明亮照明维保"), (HOSPITAL, "hospital", "区医院")]
        {
            exec!(
                c,
                sqlx::query("INSERT INTO organisation (district_id, id, kind, name) VALUES (1, $1, $2, $3)")
                    .bind(id)
                    .bind(kind)
                    .bind(name)
            )
            .unwrap();
        }
        tx.commit().await.unwrap();
        for who in [SECRETARY, MANAGER, DESK, OFFICER, ADMINISTRATOR] {
            self.appointed(who).await;
        }
    }

    /// Somebody holds a post, as the room of people knows it.
    pub async fn appointed(&self, who: Staff) {
        let mut tx = self.db.begin(DISTRICT).await.unwrap();
        let c = &mut tx.conn().unwrap();
        let owner = who.owner();
        exec!(
            c,
            sqlx::query("INSERT INTO person (district_id, id, code, name) VALUES (1, $1, $2, $3)")
                .bind(owner.person)
                .bind(format!("A{}", who.number))
                .bind(format!("任职{}", who.number))
        )
        .unwrap();
        exec!(
            c,
            sqlx::query(
                "INSERT INTO appointment (district_id, id, person_id, role, title, place_path, valid_from) \
                 VALUES (1, $1, $2, $3, '', $4, 0)"
            )
            .bind(owner.appointment)
            .bind(owner.person)
            .bind(who.role.as_str())
            .bind(who.at)
        )
        .unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn unit_link(&self, who: Staff, unit: OrganisationId, place: &str) -> Result<MadeLink, CasesError> {
        act!(self, tx => commands::make_unit_link(&self.staff(who), tx, &self.office, (unit, path(place))))
    }

    pub async fn entrust(&self, who: Staff, id: CaseId, unit: OrganisationId) -> Result<CaseState, CasesError> {
        act!(self, tx => commands::entrust(&self.staff(who), tx, &self.office, id, unit)).map(|step| step.state)
    }

    async fn take_by(&self, link: &LinkToken, id: CaseId) -> Result<CaseState, CasesError> {
        act!(self, tx => commands::take_as_unit(&self.visitor(), tx, &self.office, link, id)).map(|step| step.state)
    }

    async fn call(&self, who: Staff, id: CaseId, input: NewCall<'_>) -> Result<(), CasesError> {
        act!(self, tx => commands::call(&self.staff(who), tx, &self.office, id, input.clone())).map(|_| ())
    }

    async fn answer(&self, link: &LinkToken, call: &Call, answer: CallAnswer<'_>) -> Result<Call, CasesError> {
        act!(self, tx => commands::answer_call(&self.visitor(), tx, link, (call.id, answer.clone())))
    }

    async fn calls_seen(&self, link: &MadeLink) -> Vec<Call> {
        let mut read = self.db.read().await.unwrap();
        queries::unit_desk(&mut read.conn(), &link.link).await.unwrap().calls.into_iter().map(|(call, _)| call).collect()
    }

    async fn sweep(&self) {
        act!(self, tx => commands::sweep_calls(&self.system(), tx, &self.office, 100)).unwrap();
    }
}

linli_db::both_databases! {
    /// A desk gives a case to an organisation; it takes, says how far it is, asks for time, is done; the reporter has the last word.
    async fn an_organisation_owns_a_case_to_its_end(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let (office, visitor) = (&house.office, house.visitor());
        let reported = house.lamp().await;
        let id = reported.id;
        let link = house.unit_link(SECRETARY, WATER, COMMUNITY).await.unwrap();
        assert!(matches!(house.take_by(&link.token, id).await, Err(CasesError::NotFound)), "not its own yet");
        assert!(matches!(house.entrust(STEWARD, id, WATER).await, Err(CasesError::Denied(_))));
        let hospital = house.entrust(DESK, id, HOSPITAL).await;
        assert!(matches!(hospital, Err(CasesError::Field { field: "unit", problem: FieldProblem::NotAUnit })));
        assert_eq!(house.entrust(DESK, id, WATER).await.unwrap(), CaseState::Dispatched);
        let case = house.case(id).await;
        assert_eq!((case.owner, case.unit), (None, Some(WATER)));
        let other = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap();
        assert!(matches!(house.take_by(&other.token, id).await, Err(CasesError::NotFound)), "another organisation's");

        assert_eq!(house.take_by(&link.token, id).await.unwrap(), CaseState::Handling);
        assert!(house.take_by(&link.token, id).await.is_err(), "once");
        act!(house, tx => commands::note_as_unit(&visitor, tx, &link.token, (id, "已到现场关阀", true))).unwrap();
        let ask = async |clock, reason| act!(house, tx => commands::ask_time(&visitor, tx, office, &link.token, (id, clock, reason)));
        assert!(matches!(ask("one_day", " ").await, Err(CasesError::Field { field: "reason", .. })));
        assert!(matches!(ask("never", "缺件").await, Err(CasesError::Field { field: "clock", problem: FieldProblem::NotLater })));
        ask("one_day", "阀门缺货").await.unwrap();
        assert!(matches!(ask("one_day", "还缺").await, Err(CasesError::Field { field: "clock", problem: FieldProblem::AskedAlready })));
        let refuse = async |who, reason| act!(house, tx => commands::refuse_time(&house.staff(who), tx, office, id, reason));
        assert!(refuse(STEWARD, "不行").await.is_err());
        assert!(refuse(DESK, "").await.is_err());
        refuse(DESK, "今天必须修好").await.unwrap();
        assert!(matches!(refuse(DESK, "今天必须修好").await, Err(CasesError::Changed)), "nobody asks any more");
        let due = house.case(id).await.due_at;
        ask("one_day", "阀门明早到货").await.unwrap();
        act!(house, tx => commands::extend(&house.staff(DESK), tx, office, id, ("one_day", "同意"))).unwrap();
        assert!(house.case(id).await.due_at > due);
        let seen = queries::unit_case(&mut house.db.read().await.unwrap().conn(), office, &link.link, (id, house.clock_now())).await.unwrap();
        assert!(seen.owned && seen.asked_time.is_none() && !seen.may_ask_time);
        assert!(seen.timeline.iter().any(|entry| entry.kind == "cases.time_refused"));

        let bare = act!(house, tx => commands::finish_as_unit(&visitor, tx, office, &link.token, (id, Finish::default())));
        assert!(matches!(bare, Err(CasesError::EvidenceMissing)));
        let done = act!(house, tx => commands::finish_as_unit(&visitor, tx, office, &link.token, (id, result()))).unwrap();
        assert_eq!(done.state, CaseState::AwaitingConfirmation);
        // Not mended: it is the organisation's again, and the community is told.
        act!(house, tx => commands::not_fixed(&visitor, tx, office, Which::Link(&reported.link), "还在漏")).unwrap();
        let case = house.case(id).await;
        assert_eq!((case.unit, case.flagged_role, case.state), (Some(WATER), Some(SECRETARY.role), CaseState::Reopened));
        house.take_by(&link.token, id).await.unwrap();
        act!(house, tx => commands::finish_as_unit(&visitor, tx, office, &link.token, (id, result()))).unwrap();
        act!(house, tx => commands::confirm(&visitor, tx, office, Which::Link(&reported.link), None)).unwrap();
        let own = format!("unit:{WATER}");
        let by_it: Vec<String> = house.lines(id).await.into_iter().filter(|line| line.actor == own).map(|line| line.kind).collect();
        assert_eq!(by_it, ["cases.taken", "cases.noted", "cases.time_asked", "cases.time_asked", "cases.finished", "cases.taken", "cases.finished"]);
        house.fold().await;
        house.clean().await;
    }

    /// Not ours: with a reason it goes back to the desk, and belongs to nobody until it is given to somebody else.
    async fn an_organisation_returns_what_is_not_its_own(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let id = house.lamp().await.id;
        let link = house.unit_link(SECRETARY, WATER, COMMUNITY).await.unwrap().token;
        house.take(STEWARD, id).await.unwrap();
        house.entrust(DESK, id, WATER).await.unwrap();
        let give_back = async |reason| act!(house, tx => commands::return_as_unit(&house.visitor(), tx, &house.office, &link, (id, reason)));
        assert!(matches!(give_back("  ").await, Err(CasesError::Field { field: "reason", problem: FieldProblem::Required })));
        assert_eq!(give_back("路灯不归水务").await.unwrap().state, CaseState::Returned);
        let case = house.case(id).await;
        assert_eq!((case.owner, case.unit), (None, None));
        assert!(matches!(give_back("再退").await, Err(CasesError::NotFound)), "no longer its own");
        house.entrust(DESK, id, LAMPS).await.unwrap();
        act!(house, tx => commands::assign(&house.staff(DESK), tx, &house.office, id, STEWARD.owner().appointment)).unwrap();
        assert_eq!(house.case(id).await.unit, None, "one owner at a time");
        house.entrust(DESK, id, LAMPS).await.unwrap();
        house.take(STEWARD, id).await.unwrap();
        let case = house.case(id).await;
        assert_eq!((case.owner.map(|owner| owner.person), case.unit), (Some(STEWARD.owner().person), None));
        house.clean().await;
    }

    /// In the way of a city case the organisation answers, and a desk looks at the result before it is closed.
    async fn a_city_case_of_an_organisation_is_checked(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let classes = PACKS[1].1.replace("code = \"stair_lamp\"", "code = \"stair_lamp\"\nprofile = \"city\"");
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("classes.toml".to_owned(), classes)]).unwrap();
        Rules::check_at(&book, house.clock_now()).unwrap();
        house.book.replace(book);
        let id = house.lamp().await.id;
        let link = house.unit_link(OFFICER, WATER, COMMUNITY).await.unwrap().token;
        let early = house.entrust(DESK, id, WATER).await;
        assert!(matches!(early, Err(CasesError::Transition(InvalidTransition::NoRow { .. }))), "nothing is skipped");
        let onward = async |how, why| act!(house, tx => commands::move_on(&house.staff(DESK), tx, &house.office, id, how, why)).unwrap().state;
        onward(Onward::Check, "").await;
        onward(Onward::File, "").await;
        house.entrust(DESK, id, WATER).await.unwrap();
        assert!(house.kinds(id).await.contains(&"cases.dispatched".to_owned()));
        house.take_by(&link, id).await.unwrap();
        let done = async || act!(house, tx => commands::finish_as_unit(&house.visitor(), tx, &house.office, &link, (id, result()))).unwrap().state;
        assert_eq!(done().await, CaseState::Feedback);
        assert_eq!(onward(Onward::Rework, "照片看不清").await, CaseState::Reworked);
        house.take_by(&link, id).await.unwrap();
        assert_eq!(done().await, CaseState::Feedback);
        onward(Onward::CheckResult, "").await;
        assert_eq!(onward(Onward::Close, "").await, CaseState::Closed);
        house.fold().await;
        house.clean().await;
    }

    /// A link opens one place for its days, is closed at once, and every opening is kept.
    async fn a_link_is_bounded_and_every_opening_is_kept(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        assert!(matches!(house.unit_link(STEWARD, WATER, ESTATE).await, Err(CasesError::Denied(_))));
        assert!(matches!(house.unit_link(SECRETARY, WATER, "00000001").await, Err(CasesError::Denied(_))), "beyond his community");
        assert!(matches!(house.unit_link(SECRETARY, HOSPITAL, COMMUNITY).await, Err(CasesError::Field { field: "unit", .. })));
        let mut again = house.staff(ADMINISTRATOR);
        again.idempotency_key = Some("link-key".to_owned());
        let make = async || act!(house, tx => commands::make_unit_link(&again, tx, &house.office, (WATER, path(OTHER_ENTRANCE)))).unwrap();
        let narrow = make().await;
        assert_eq!(make().await, narrow, "the same request again is the same link");
        house.clock.advance_secs(1);
        let wide = house.unit_link(SECRETARY, WATER, COMMUNITY).await.unwrap();
        let id = house.lamp().await.id;
        house.entrust(DESK, id, WATER).await.unwrap();
        assert!(matches!(house.take_by(&narrow.token, id).await, Err(CasesError::NotFound)), "another entrance");
        let open = async |link: &LinkToken| act!(house, tx => commands::note_opening(&house.visitor(), tx, link, Some(id)));
        open(&wide.token).await.unwrap();
        house.clock.advance_secs(60);
        open(&wide.token).await.unwrap();
        let mut read = house.db.read().await.unwrap();
        let scope = Scope { district: DISTRICT, place: path(COMMUNITY) };
        let links = queries::unit_links(&house.staff(SECRETARY), &mut read.conn(), &scope).await.unwrap();
        let uses: Vec<_> = links.iter().map(|used| (used.link.id, used.openings)).collect();
        assert_eq!(uses, [(wide.link.id, 2), (narrow.link.id, 0)]);
        let (_, openings) = queries::unit_openings(&house.staff(SECRETARY), &mut read.conn(), (wide.link.id, None)).await.unwrap();
        assert_eq!(openings.first().map(|(at, case)| (*at, *case)), Some((house.clock_now(), Some(id))));
        assert!(queries::unit_links(&house.staff(STEWARD), &mut read.conn(), &scope).await.is_err());
        drop(read);
        let revoke = async |who, id| act!(house, tx => commands::revoke_unit_link(&house.staff(who), tx, id));
        assert!(matches!(revoke(STEWARD, narrow.link.id).await, Err(CasesError::NotFound)));
        assert!(matches!(revoke(SECRETARY, UnitLinkId(Uuid::nil())).await, Err(CasesError::NotFound)));
        revoke(SECRETARY, narrow.link.id).await.unwrap();
        revoke(SECRETARY, narrow.link.id).await.unwrap();
        assert!(matches!(open(&narrow.token).await, Err(CasesError::LinkOver)));
        house.clock.advance_secs(90 * 86_400);
        assert!(matches!(house.take_by(&wide.token, id).await, Err(CasesError::LinkOver)), "run out");
        assert!(matches!(open(&LinkToken::new(house.clock_now(), house.rng.as_ref())).await, Err(CasesError::LinkUnknown)));
        house.clean().await;
    }

    /// 吹哨: several are called, who has the case keeps it; one answers with a time, one explains, one is silent and is told upwards.
    async fn a_whistle_is_answered_or_climbs(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let id = house.lamp().await.id;
        house.take(STEWARD, id).await.unwrap();
        let whistle = |units, by| NewCall { kind: CallKind::Whistle, units, answer_by: by, words: "三楼漏水到电表箱，请到场" };
        let both: &[OrganisationId] = &[WATER, LAMPS];
        assert!(matches!(house.call(STEWARD, id, whistle(both, None)).await, Err(CasesError::Denied(_))));
        assert!(matches!(house.call(DESK, id, whistle(both, None)).await, Err(CasesError::Denied(_))), "a property desk does not whistle");
        assert!(matches!(house.call(SECRETARY, id, whistle(&[], None)).await, Err(CasesError::Field { field: "unit", problem: FieldProblem::Required })));
        assert!(matches!(house.call(SECRETARY, id, whistle(&[HOSPITAL], None)).await, Err(CasesError::Field { field: "unit", problem: FieldProblem::NotAUnit })));
        assert!(matches!(house.call(SECRETARY, id, whistle(both, Some(at(11, 24, 8)))).await, Err(CasesError::Field { field: "answer_by", .. })));
        assert!(house.kinds(id).await.iter().all(|kind| kind != "cases.called"), "nothing is half called");
        house.call(SECRETARY, id, whistle(both, None)).await.unwrap();
        assert!(matches!(house.call(SECRETARY, id, whistle(&[LAMPS], None)).await, Err(CasesError::Field { field: "unit", problem: FieldProblem::CalledAlready })));
        assert_eq!(house.case(id).await.owner.map(|owner| owner.person), Some(STEWARD.owner().person), "the first receiver leads");
        let (water, lamps) = (house.unit_link(SECRETARY, WATER, COMMUNITY).await.unwrap(), house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap());
        let call = house.calls_seen(&water).await.pop().unwrap();
        assert_eq!(call.answer_by, at(11, 24, 11), "two working hours");
        let comes = |at| CallAnswer::Comes { at, words: "抢修班王工" };
        assert!(matches!(house.answer(&lamps.token, &call, comes(at(11, 24, 12))).await, Err(CasesError::NotFound)), "not called by this one");
        assert!(matches!(house.answer(&water.token, &call, comes(at(11, 24, 8))).await, Err(CasesError::Field { field: "comes_at", .. })));
        assert!(matches!(house.answer(&water.token, &call, CallAnswer::Done { words: "好了" }).await, Err(CasesError::Field { field: "comes_at", .. })));
        let answered = house.answer(&water.token, &call, comes(at(11, 24, 12))).await.unwrap();
        assert_eq!((answered.outcome, answered.comes_at), (Some(CallOutcome::Comes), Some(at(11, 24, 12))));
        assert!(matches!(house.answer(&water.token, &call, comes(at(11, 24, 12))).await, Err(CasesError::Changed)), "once");
        let seen = queries::unit_case(&mut house.db.read().await.unwrap().conn(), &house.office, &water.link, (id, house.clock_now())).await.unwrap();
        assert!(!seen.owned && seen.possible.is_empty() && seen.timeline.iter().any(|entry| entry.kind == "cases.called"));
        assert!(!seen.timeline.iter().any(|entry| entry.facts["unit"] == serde_json::json!(LAMPS)), "nothing of what others were told");

        house.sweep().await;
        assert_eq!(house.case(id).await.flagged_role, None, "there is time left");
        house.clock.set(at(11, 24, 12));
        house.sweep().await;
        house.sweep().await;
        assert_eq!(house.case(id).await.flagged_role, Some(SECRETARY.role), "who called is told first");
        house.clock.set(at(11, 24, 18));
        house.sweep().await;
        assert_eq!(house.case(id).await.flagged_role.map(|role| role.as_str()), Some("subdistrict_officer"));
        house.clock.set(at(11, 25, 18));
        house.sweep().await;
        house.clock.set(at(11, 30, 18));
        house.sweep().await;
        assert_eq!(house.case(id).await.flagged_role.map(|role| role.as_str()), Some("district_officer"));
        let late: Vec<String> = house.kinds(id).await.into_iter().filter(|kind| kind.starts_with("cases.call_") && kind != "cases.call_answered").collect();
        assert_eq!(late, ["cases.call_overdue", "cases.call_escalated", "cases.call_escalated"]);
        let silent = house.calls_seen(&lamps).await.pop().unwrap();
        assert!(silent.is_overdue(house.clock_now()) && silent.wake_at.is_none());
        let answered = house.answer(&lamps.token, &silent, CallAnswer::Explained { reason: "电表箱归供电" }).await.unwrap();
        assert_eq!(answered.outcome, Some(CallOutcome::Explained));
        house.clean().await;
    }

    /// 电话应答: a desk writes down what an organisation said on the telephone; once, and only who may call.
    async fn an_answer_by_telephone_is_written_down(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let (id, other) = (house.lamp().await.id, house.lamp().await.id);
        house.call(SECRETARY, id, NewCall { kind: CallKind::Whistle, units: &[WATER], answer_by: None, words: "请到场" }).await.unwrap();
        let link = house.unit_link(SECRETARY, WATER, COMMUNITY).await.unwrap();
        let call = house.calls_seen(&link).await.pop().unwrap();
        let told = async |who, case, answer: CallAnswer<'_>| {
            let mut ctx = house.staff(who);
            ctx.channel = linli_access::Channel::Phone;
            act!(house, tx => commands::answer_call_told(&ctx, tx, &house.office, (case, call.id), answer.clone()))
        };
        let comes = CallAnswer::Comes { at: at(11, 24, 12), words: "王工" };
        assert!(matches!(told(DESK, id, comes.clone()).await, Err(CasesError::Denied(_))), "a property desk does not whistle");
        assert!(matches!(told(SECRETARY, other, comes.clone()).await, Err(CasesError::NotFound)), "a call of another case");
        assert!(matches!(told(SECRETARY, id, CallAnswer::Done { words: "好了" }).await, Err(CasesError::Field { field: "comes_at", .. })));
        told(SECRETARY, id, comes.clone()).await.unwrap();
        assert!(matches!(told(SECRETARY, id, comes.clone()).await, Err(CasesError::Changed)), "once");
        let line = house.lines(id).await.pop().unwrap();
        let by = format!("appointment:{}", SECRETARY.owner().appointment);
        assert_eq!((line.kind.as_str(), line.actor, line.channel.as_str()), ("cases.call_answered", by, "phone"));
        house.clock.set(at(11, 25, 12));
        house.sweep().await;
        assert_eq!(house.case(id).await.flagged_role, None, "nobody waits for an answer any more");
        house.clean().await;
    }

    /// 协办: those who help report back or explain; what has ended waits for nobody.
    async fn those_who_help_report_back(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let (id, gone) = (house.lamp().await.id, house.lamp().await.id);
        let help = NewCall { kind: CallKind::Assist, units: &[LAMPS], answer_by: None, words: "请更换灯具" };
        house.entrust(MANAGER, id, WATER).await.unwrap();
        house.call(DESK, id, help.clone()).await.unwrap();
        house.call(DESK, gone, help.clone()).await.unwrap();
        let link = house.unit_link(SECRETARY, LAMPS, COMMUNITY).await.unwrap();
        let calls = house.calls_seen(&link).await;
        let of = |id| calls.iter().find(|call| call.case == id).unwrap();
        assert!(matches!(house.answer(&link.token, of(id), CallAnswer::Comes { at: at(11, 25, 9), words: "" }).await, Err(CasesError::Field { field: "words", .. })));
        assert!(matches!(house.answer(&link.token, of(id), CallAnswer::Done { words: "" }).await, Err(CasesError::Field { field: "words", .. })));
        house.answer(&link.token, of(id), CallAnswer::Done { words: "灯具已换" }).await.unwrap();
        act!(house, tx => commands::void(&house.staff(DESK), tx, &house.office, gone, "不属实")).unwrap();
        assert!(matches!(house.answer(&link.token, of(gone), CallAnswer::Done { words: "灯具已换" }).await, Err(CasesError::Ended)));
        assert!(matches!(house.call(DESK, gone, help).await, Err(CasesError::Ended)));
        house.clock.set(at(11, 30, 9));
        house.sweep().await;
        assert!(house.kinds(gone).await.iter().all(|kind| kind != "cases.call_overdue"));
        assert_eq!(house.case(id).await.unit, Some(WATER), "who leads keeps it");
        house.clean().await;
    }

    /// An overdue case of an organisation climbs from the community on.
    async fn an_overdue_case_of_an_organisation_climbs(db: Db) {
        let house = House::new(db).await;
        house.organisations().await;
        let id = house.lamp().await.id;
        house.entrust(DESK, id, WATER).await.unwrap();
        let wake = async || {
            act!(house, tx => commands::sweep_overdue(&house.system(), tx, &house.office, 100)).unwrap();
            act!(house, tx => commands::wake(&house.system(), tx, &house.office, 100)).unwrap()
        };
        house.clock.set(at(11, 26, 10));
        wake().await;
        house.clock.set(at(11, 27, 10));
        assert_eq!(wake().await.escalated, 1);
        assert_eq!(house.case(id).await.flagged_role, Some(SECRETARY.role));
        house.clean().await;
    }
}
