//! Who is asked and told, and in which order: the person softly where a routine is known, the family where it was agreed to.

use linli_care::commands::{NewPerson, With};
use linli_care::{CareError, Need, Outcome, Purpose, SignKind, Verdict, VisitEvent, VisitKind, VisitState, queries};
use linli_db::{Db, both_databases, journal};
use linli_kernel::Clock as _;

use crate::house::{DESK, DISTRICT, House, RED, STEWARD, Staff, WORKER};

/// Days of learning; the rule wants ten at least.
const LEARNED_DAYS: i64 = 12;

both_databases! {
    async fn a_late_morning_is_a_question_before_it_is_an_alarm(db: Db) {
        let house = House::watching(db).await;
        // Both are in the kitchen at nine every morning and in the evening; one of them agreed that this is learned.
        let purposes = [Purpose::Watch, Purpose::Routine];
        let with = |number, purposes: &[Purpose]| NewPerson { profile: Some("no_sign".to_owned()), ..house.somebody(number, purposes) };
        let (learned, plain) = (house.enrol(&with(5, &purposes)).await.unwrap().id, house.enrol(&with(6, &purposes[..1])).await.unwrap().id);
        for day in 0..LEARNED_DAYS {
            for hours in [11, 13] {
                for person in [learned, plain] {
                    assert_eq!(house.sign(person, SignKind::Motion).await, Verdict::Taken, "day {day}");
                }
                house.hours(hours).await;
            }
            assert_eq!(house.open_visits().await, Vec::new(), "day {day}");
        }
        // This morning it is quiet. The last sign was at eight in the evening: the alarm would be due at noon.
        assert_eq!(house.clock.now().local().hour(), 9);
        house.wait(130).await;
        let visits = house.open_visits().await;
        assert_eq!(visits.iter().map(|visit| (visit.person, visit.kind)).collect::<Vec<_>>(), [(learned, VisitKind::Question)]);
        let question = &visits[0];
        assert_eq!((question.due_at.local().hour(), question.due_at.local().minute()), (11, 0), "an hour after the hour that would be late");
        let patience = question.wake_at.unwrap().secs_since(question.opened_at);
        assert_eq!(patience, 30 * 60, "softer: three times as long as for an alarm until the next is told");
        // She answers the telephone: nobody went, and no alarm follows at noon.
        house.step(STEWARD, question.id, VisitEvent::Take).await.unwrap();
        house.step(STEWARD, question.id, VisitEvent::Well).await.unwrap();
        let answered = house.visit(question.id).await;
        assert_eq!((answered.outcome, answered.wrong_knock), (Some(Outcome::Well), false));
        house.hours(2).await;
        let visits = house.open_visits().await;
        assert_eq!(visits.iter().map(|visit| (visit.person, visit.kind)).collect::<Vec<_>>(), [(plain, VisitKind::Alarm)]);
    }

    async fn the_family_is_told_where_the_person_agreed(db: Db) {
        let house = House::watching(db).await;
        let family = house.watched(5).await.id;
        let ill = house.watched(7).await.id;
        let alone = house.enrol(&NewPerson { contact: None, ..house.somebody(6, &[Purpose::Watch]) }).await.unwrap().id;
        house.hours(25).await;
        let visits = house.open_visits().await;
        let of = |person| visits.iter().find(|visit| visit.person == person).unwrap().id;
        let (family, alone, ill) = (of(family), of(alone), of(ill));
        // The rung that rings the contact up is passed over where there is none: the desk is told so much earlier.
        let mut rungs = Vec::new();
        for _ in 0..4 {
            house.clock.advance_secs(15 * 60);
            house.sweep().await;
            rungs.push((house.visit(family).await.rung, house.visit(alone).await.rung));
        }
        assert_eq!(rungs, [(1, 1), (2, 2), (3, 4), (4, 4)]);

        let see = async |who: Staff, id| {
            let mut read = house.db.read().await.unwrap();
            let view = queries::visit(&house.staff(who), &mut read.conn(), &house.office, DISTRICT, id).await.unwrap();
            (view.contact.map(|contact| contact.relation), view.possible.contains(&VisitEvent::ContactTold))
        };
        let nobody = (None, false);
        assert_eq!(see(WORKER, family).await, (Some("女儿".to_owned()), true));
        assert_eq!(see(DESK, family).await, (Some("女儿".to_owned()), true), "told by now");
        assert_eq!((see(WORKER, alone).await, see(DESK, alone).await), (nobody.clone(), nobody.clone()));

        let refused = house.step(WORKER, alone, VisitEvent::ContactTold).await;
        assert!(matches!(refused, Err(CareError::Missing(Need::Contact))), "{refused:?}");
        assert_eq!(house.visit(alone).await.contact_told_at, None);
        house.step(WORKER, family, VisitEvent::ContactTold).await.unwrap();
        assert_eq!(house.visit(family).await.contact_told_at, Some(house.clock.now()));
        let mut read = house.db.read().await.unwrap();
        let lines = journal::of_subject(&mut read.conn(), DISTRICT, family.0, 100).await.unwrap();
        let told = lines.iter().find(|line| line.kind == "care.visit_contact_told").unwrap();
        assert!(!told.facts().to_string().contains("李小兰") && !told.facts().to_string().contains("139"), "{}", told.facts());
        drop(read);

        // Found unwell: that the family was told is said together with it, a step of its own. Where there is none, nothing is written down.
        house.step(RED, alone, VisitEvent::Take).await.unwrap();
        let told = With { contact_told: true, ..With::default() };
        let refused = house.step_with(RED, alone, VisitEvent::Unwell, &told).await;
        assert!(matches!(refused, Err(CareError::Missing(Need::Contact))), "{refused:?}");
        assert_eq!((house.visit(alone).await.state, house.visit(alone).await.outcome), (VisitState::Taken, None));
        house.step(RED, ill, VisitEvent::Take).await.unwrap();
        house.step_with(RED, ill, VisitEvent::Unwell, &told).await.unwrap();
        assert_eq!(house.visit(ill).await.contact_told_at, Some(house.clock.now()));
        let kinds = house.kinds(ill.0).await;
        assert_eq!(kinds[kinds.len() - 2..], ["care.visit_contact_told", "care.visit_done"]);

        // Over: her number is nobody's business any more, but for those who keep the register.
        for event in [VisitEvent::Take, VisitEvent::Well] {
            house.step(RED, family, event).await.unwrap();
        }
        assert_eq!(see(RED, family).await, nobody);
        assert_eq!(see(WORKER, family).await, (Some("女儿".to_owned()), false));
    }
}
