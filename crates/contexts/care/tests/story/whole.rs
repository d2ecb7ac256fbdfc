//! The thread from end to end: a silent day becomes a visit, the visit a call of the family doctor, the reading of 92 an alarm, the alarm a
//! referral and a case of the station. Every message on the way is looked for: who breaks one, breaks this.

use linli_access::Action;
use linli_care::follow::commands::{self as follow, NewFollowed, NewReading};
use linli_care::follow::model::{Colour, Disease, Factors, Level, Reason, Vaccination, Via};
use linli_care::follow::rules::Told;
use linli_care::follow::{FollowError, queries};
use linli_care::{Outcome, Purpose, SignKind, Verdict, VisitEvent, VisitKind, VisitState, consent};
use linli_cases::CaseId;
use linli_db::{Db, PayloadState, both_databases, journal};
use linli_kernel::Clock as _;
use serde_json::Value;
use uuid::Uuid;

use crate::house::{COMMUNITY, DISTRICT, DOCTOR, House, OFFICER, STATION, STEWARD, WORKER, path};

/// Runs a command in a transaction of its own and tells the watch.
macro_rules! act {
    ($house:expr, $tx:ident => $command:expr) => {{
        let mut tx = $house.db.begin(DISTRICT).await.unwrap();
        let $tx = &mut tx;
        let out = $command.await.unwrap();
        tx.commit().await.unwrap();
        $house.care.errands().await.unwrap();
        out
    }};
}

/// A line of the journal: what happened, who did it, to what, its facts.
struct Line {
    kind: String,
    actor: String,
    subject: Option<Uuid>,
    facts: Value,
    /// What stands beside it, erasable.
    beside: Value,
}

impl House {
    /// Everything that was written down, in its order.
    async fn journal(&self) -> Vec<Line> {
        let mut read = self.db.read().await.unwrap();
        let lines = journal::after(&mut read.conn(), DISTRICT, 0, 1_000).await.unwrap();
        let beside = journal::payloads(&mut read.conn(), &lines).await.unwrap();
        let kept = |state| if let PayloadState::Kept(value) = state { value } else { Value::Null };
        let pairs = lines.into_iter().zip(beside);
        pairs
            .map(|(line, state)| {
                let (facts, beside) = (line.facts(), kept(state));
                Line { facts, beside, kind: line.kind, actor: line.actor, subject: line.subject_id }
            })
            .collect()
    }
}

fn of<'a>(lines: &'a [Line], kind: &str) -> &'a Line {
    let mut found = lines.iter().filter(|line| line.kind == kind);
    let line = found.next().unwrap_or_else(|| panic!("no {kind}"));
    assert!(found.next().is_none(), "{kind} twice");
    line
}

both_databases! {
    async fn a_silent_day_a_visit_a_reading_of_92_and_a_referral(db: Db) {
        let house = House::watching(db).await;
        // On paper: the watch, and readings for the family doctor.
        let person = house.enrol(&house.somebody(5, &[Purpose::Watch, Purpose::Readings])).await.unwrap().id;
        let doctor = house.staff(DOCTOR);
        let calls = async || {
            let mut read = house.db.read().await.unwrap();
            queries::call_list(&doctor, &mut read.conn(), &house.desk).await.unwrap()
        };
        assert_eq!(calls().await.newcomers.iter().map(|one| one.person).collect::<Vec<_>>(), [person], "the doctor hears of her");
        let agreed = async || {
            let mut read = house.db.read().await.unwrap();
            consent::in_force(&mut read.conn(), DISTRICT, person, house.clock.now()).await.unwrap().readings.unwrap()
        };
        let factors = Factors {
            born: jiff::civil::date(1951, 5, 1),
            disease: Disease::Stable,
            immunocompromised: false,
            vaccination: Vaccination::Partial,
            pregnant: false,
            scale2: false,
        };
        let (proof, input) = (agreed().await, NewFollowed { institution: STATION, factors });
        let followed = act!(house, tx => follow::enrol(&doctor, tx, &house.desk, &proof, input));
        assert_eq!((followed.colour, followed.undecided), (Colour::Yellow, false));

        // A day in which she is in and out, and one in which nothing is heard.
        for kind in [SignKind::Out, SignKind::In] {
            assert_eq!(house.sign(person, kind).await, Verdict::Taken);
            house.hours(1).await;
        }
        // Yellow was due this evening; she told in time and is asked again in three days.
        let told = |spo2, via| NewReading {
            told: Told { spo2, temperature: "38.2", ..Told::default() },
            taken_at: house.clock.now(),
            via,
            source_keys: &[],
        };
        let (proof, input) = (agreed().await, told("97", Via::Phone));
        assert_eq!(act!(house, tx => follow::tell(&doctor, tx, &house.desk, &proof, input)).alarm, None);
        assert!(calls().await.due.is_empty(), "nobody is to be called");
        house.hours(22).await;
        assert!(house.open_visits().await.is_empty());
        house.hours(2).await;
        let visit = house.open_visits().await.pop().unwrap();
        assert_eq!((visit.kind, visit.person, visit.state), (VisitKind::Alarm, person, VisitState::Waiting));

        // Telephone, then the door; she is unwell.
        for event in [VisitEvent::Take, VisitEvent::PhoneSilent, VisitEvent::Knock, VisitEvent::Unwell] {
            house.clock.advance_secs(120);
            house.step(STEWARD, visit.id, event).await.unwrap();
        }
        let done = house.visit(visit.id).await;
        assert_eq!((done.outcome, done.wrong_knock), (Some(Outcome::Unwell), false));
        // The doctor is told to call her now, long before the three days; who went is told nothing of that.
        let due = calls().await.due;
        assert_eq!(due.iter().map(|listed| listed.followed.person).collect::<Vec<_>>(), [person]);
        assert_eq!(due[0].followed.next_due, Some(house.clock.now()));

        // 92, read at the door.
        house.clock.advance_secs(900);
        let (proof, input) = (agreed().await, told("92", Via::Doorstep));
        let taken = act!(house, tx => follow::tell(&doctor, tx, &house.desk, &proof, input));
        let list = calls().await;
        assert_eq!((list.alarms.len(), list.due.len()), (1, 0), "told, and alarming");
        let alarm = &list.alarms[0].alarm;
        assert_eq!((Some(alarm.id), alarm.level, alarm.reading), (taken.alarm, Level::Refer, Some(taken.reading)));
        assert!(alarm.reasons.contains(&Reason::SpO2Low), "{:?}", alarm.reasons);

        // The doctor asks that she be seen; the station has a case which names nobody.
        let referral = act!(house, tx => follow::ask_referral(&doctor, tx, &house.desk, alarm.id, (2, "血氧 92，请今天接诊")));
        assert!(calls().await.alarms.is_empty());
        let mut read = house.db.read().await.unwrap();
        let c = &mut read.conn();
        let view = queries::person(&doctor, c, &house.desk, person).await.unwrap();
        assert_eq!((view.referrals[0].id, view.referrals[0].institution, view.referrals[0].urgency), (referral, STATION, 2));
        let case: CaseId = view.referrals[0].case;
        let case = linli_cases::queries::readable(&house.staff(OFFICER), c, DISTRICT, case).await.unwrap();
        assert_eq!((case.place, case.unit), (path(COMMUNITY), Some(STATION)));
        let number = &view.referrals[0].number;
        assert!(case.description.contains(number) && !case.description.contains("92") && !case.description.contains("王秀英"));
        // The community sees the visit and how it ended, and nothing of her health.
        let known = linli_care::queries::person(&house.staff(WORKER), c, DISTRICT, person).await.unwrap();
        assert_eq!(known.visits[0].outcome, Some(Outcome::Unwell));
        for who in [WORKER, STEWARD, OFFICER] {
            let refused = queries::person(&house.staff(who), c, &house.desk, person).await;
            assert!(matches!(refused, Err(FollowError::Denied(_))), "{}", who.role);
            assert!(house.staff(who).may(Action::Read, linli_access::Resource::FollowUp, DISTRICT, &path(COMMUNITY)).is_err());
        }
        assert_eq!(queries::check(c, DISTRICT).await.unwrap(), Vec::<String>::new());
        drop(read);

        every_message(&house.journal().await, (person.0, visit.id.0, alarm.id.0));
    }
}

/// Each message of the thread is there once or as often as it must be, in its order, by whom it must be, and leads to the next.
fn every_message(lines: &[Line], (person, visit, alarm): (Uuid, Uuid, Uuid)) {
    let kinds: Vec<&str> = lines.iter().map(|line| line.kind.as_str()).filter(|kind| kind.starts_with("care.")).collect();
    let wanted = [
        "care.registered",
        "care.consent_given",
        "care.consent_given",
        "care.watch_begun",
        "care.follow_up_set",
        "care.reading_taken",
        "care.visit_opened",
        "care.visit_taken",
        "care.visit_phone_silent",
        "care.visit_knocked",
        "care.visit_done",
        "care.alarm_raised",
        "care.reading_taken",
        "care.referral_asked",
    ];
    assert_eq!(kinds, wanted);
    let by = |staff: crate::house::Staff| format!("appointment:{}", staff.owner().appointment);
    assert_eq!(of(lines, "care.visit_opened").actor, "system:care.watch");
    assert_eq!(of(lines, "care.visit_knocked").actor, by(STEWARD));
    assert_eq!(of(lines, "care.visit_done").facts["event"], "unwell");
    let thread = of(lines, "care.follow_up_set").subject.unwrap();
    assert_ne!(thread, person, "what is about health stands under a number of its own");
    for line in lines.iter().filter(|line| line.kind.starts_with("care.")) {
        let wanted = match line.kind.as_str() {
            kind if kind.starts_with("care.visit_") => visit,
            "care.follow_up_set" | "care.reading_taken" | "care.alarm_raised" | "care.referral_asked" => thread,
            _ => person,
        };
        assert_eq!(line.subject, Some(wanted), "{}", line.kind);
    }
    let raised = of(lines, "care.alarm_raised");
    assert_eq!(raised.facts["alarm"].as_str(), Some(alarm.to_string().as_str()));
    let asked = of(lines, "care.referral_asked");
    assert_eq!((asked.actor.clone(), asked.beside["alarm"].as_str()), (by(DOCTOR), Some(alarm.to_string().as_str())));
    assert_eq!(asked.facts["urgency"], 2);
    let cases: Vec<_> = lines.iter().filter(|line| line.kind == "cases.reported").collect();
    assert_eq!(cases.len(), 2, "one case for the visit, one for the referral");
    for case in cases {
        assert_eq!((case.actor.as_str(), case.facts["class"].as_str()), ("system:care.referral", Some("health_referral")));
    }
    // Nothing of health, no name and no telephone lies open in any line.
    for line in lines {
        let open = line.facts.to_string();
        assert!(!open.contains("spo2") && !open.contains("王秀英") && !open.contains("025-0000"), "{}: {open}", line.kind);
    }
}
