//! Consents: given by the person, each by itself, withdrawn in one step, and without one nothing.

use linli_care::commands::{self, Beginning, HowAgreed, NewPerson, Which};
use linli_care::{CareError, ConsentChannel, FieldProblem, GivenBy, Purpose, SignKind, Verdict, consent};
use linli_db::{Db, both_databases};
use linli_kernel::Clock as _;

use crate::house::{DISTRICT, GUARD, House, STEWARD, WORKER};

both_databases! {
    async fn a_consent_lacks_nothing(db: Db) {
        let house = House::watching(db).await;
        let wrong = async |change: fn(&mut HowAgreed)| {
            let mut input = house.somebody(5, &[Purpose::Watch]);
            change(&mut input.how);
            house.enrol(&input).await.unwrap_err()
        };
        let field = |error: CareError| match error {
            CareError::Field { field, .. } => field,
            other => panic!("{other}"),
        };
        assert_eq!(field(wrong(|how| how.scan = None).await), "scan");
        assert_eq!(field(wrong(|how| how.channel = ConsentChannel::Doorstep).await), "witness");
        assert_eq!(field(wrong(|how| how.given_by = GivenBy::Guardian).await), "giver");
        assert_eq!(field(wrong(|how| how.assessment = " ".to_owned()).await), "assessment");
        assert_eq!(field(wrong(|how| how.channel = ConsentChannel::OwnPhone).await), "channel", "staff do not agree for her");
        assert!(matches!(wrong(|how| how.text_mark = "care.consent@2025.1#0".to_owned()).await, CareError::TextChanged));
        // Nothing of all that was stored.
        let mut read = house.db.read().await.unwrap();
        assert!(linli_care::queries::people(&house.staff(WORKER), &mut read.conn(), None).await.unwrap().is_empty());
        drop(read);
        // A guardian, at the door, before a witness.
        let mut input = house.somebody(5, &[Purpose::Watch, Purpose::Routine]);
        input.how = HowAgreed {
            channel: ConsentChannel::Doorstep,
            given_by: GivenBy::Guardian,
            giver: Some("李建国".to_owned()),
            relation: Some("儿子".to_owned()),
            witness: Some("陈桂兰".to_owned()),
            scan: None,
            ..input.how
        };
        let person = house.enrol(&input).await.unwrap().id;
        let view = house.person(person).await;
        assert_eq!(view.consents.len(), 2, "each purpose by itself");
        // Which text, how, by whom, who asked, what was weighed, until when.
        for one in &view.consents {
            let shown = (one.text_mark.clone(), one.language.as_str(), one.channel, one.given_by);
            assert_eq!(shown, (house.mark(), "zh-CN", ConsentChannel::Doorstep, GivenBy::Guardian));
            assert_eq!((one.asked_by, one.assessment.as_str()), (Some(WORKER.owner().appointment), "独居，子女在外地；只用门磁"));
            assert_eq!((one.given_at, one.expires_at.secs_since(one.given_at) / 86_400), (house.clock.now(), 365));
        }
        assert!(view.given.watch.is_some() && view.given.routine.is_some() && view.given.readings.is_none());
        assert!(house.care.known(person).await.unwrap().learns);
    }

    async fn without_a_consent_nobody_is_watched(db: Db) {
        let house = House::watching(db).await;
        let invited = house.enrol(&house.somebody(5, &[])).await.unwrap();
        assert_eq!(house.sign(invited.id, SignKind::In).await, Verdict::NoConsent);
        assert!(house.person(invited.id).await.contact.is_none(), "the contact comes with the consent to the watch");
        // She agrees by her own telephone.
        let how = HowAgreed {
            channel: ConsentChannel::OwnPhone,
            scan: None,
            assessment: String::new(),
            ..house.on_paper()
        };
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let which = Which::Link(&invited.link);
        commands::agree(&house.visitor(), &mut tx, &house.office, which, &[Purpose::Watch], &how, Beginning { profile: Some("no_sign_24"), ..Beginning::default() }).await.unwrap();
        tx.commit().await.unwrap();
        house.care.errands().await.unwrap();
        assert_eq!(house.sign(invited.id, SignKind::Motion).await, Verdict::Taken);
        let consent = house.person(invited.id).await.consents.remove(0);
        assert_eq!(consent.asked_by, None, "she came by herself");
        assert_eq!(consent.assessment, "独居，子女在外地；只用门磁", "what was weighed when she was registered");
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let twice = commands::agree(&house.visitor(), &mut tx, &house.office, which, &[Purpose::Watch], &how, Beginning::default()).await;
        assert!(matches!(twice, Err(CareError::Field { problem: FieldProblem::AgreedAlready, .. })));
        drop(tx);
        // The home is hers alone.
        let other = house.enrol(&house.somebody(5, &[Purpose::Watch])).await;
        assert!(matches!(other, Err(CareError::Field { problem: FieldProblem::WatchedAlready, .. })));
    }

    async fn a_paper_entered_later_counts_from_when_she_was_last_seen(db: Db) {
        let house = House::watching(db).await;
        let now = house.clock.now();
        let seen = async |number, hours: i64| {
            let input = NewPerson { seen_at: Some(now.plus_secs(-hours * 3_600)), ..house.somebody(number, &[Purpose::Watch]) };
            house.enrol(&input).await
        };
        for hours in [-1, 24 * 7 + 1] {
            let refused = seen(5, hours).await;
            assert!(matches!(refused, Err(CareError::Field { field: "seen_at", problem: FieldProblem::NotWithinAWeek })), "{refused:?}");
        }
        let (short, long) = (seen(5, 20).await.unwrap().id, seen(6, 30).await.unwrap().id);
        house.wait(1).await;
        let visits = house.open_visits().await;
        assert_eq!(visits.iter().map(|visit| visit.person).collect::<Vec<_>>(), [long], "silent for 30 hours: somebody goes at once");
        assert_eq!(visits[0].silent_since, Some(now.plus_secs(-30 * 3_600)));
        house.hours(3).await;
        assert_eq!(house.open_visits().await.len(), 1, "20 and 3 hours are not 24");
        house.hours(1).await;
        assert!(house.open_visits().await.iter().any(|visit| visit.person == short));
    }

    async fn a_term_runs_out_and_the_watch_ends(db: Db) {
        let house = House::watching(db).await;
        let person = house.watched(5).await.id;
        house.clock.advance_secs(366 * 86_400);
        let mut read = house.db.read().await.unwrap();
        assert!(consent::in_force(&mut read.conn(), DISTRICT, person, house.clock.now()).await.unwrap().watch.is_none());
        drop(read);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        assert_eq!(commands::expire(&house.system(), &mut tx, &house.office, 100).await.unwrap(), 1);
        tx.commit().await.unwrap();
        house.care.errands().await.unwrap();
        assert_eq!(house.sign(person, SignKind::In).await, Verdict::NoConsent);
        assert_eq!(house.person(person).await.consents[0].withdrawn_channel, Some(ConsentChannel::Expiry));
    }

    async fn withdrawing_is_one_step_by_any_way(db: Db) {
        let house = House::watching(db).await;
        let withdraw = async |ctx, which: Which<'_>, channel| {
            let mut tx = house.db.begin(DISTRICT).await.unwrap();
            let done = commands::withdraw(&ctx, &mut tx, &house.office, which, None, channel).await?;
            tx.commit().await.unwrap();
            house.care.errands().await.unwrap();
            Ok::<_, CareError>(done.purposes)
        };
        let purposes = [Purpose::Watch, Purpose::Routine, Purpose::Hospital];
        let one = house.enrol(&house.somebody(5, &purposes)).await.unwrap();
        assert!(withdraw(house.staff(GUARD), Which::Id(one.id), ConsentChannel::Doorstep).await.is_err());
        // Told to the steward at the door, who keeps no consents: in a visit of his, of the watch alone, and never by telephone.
        let unasked = withdraw(house.staff(STEWARD), Which::Id(one.id), ConsentChannel::Phone).await;
        assert!(matches!(unasked, Err(CareError::NotFound)), "{unasked:?}");
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        commands::open_by_hand(&house.staff(WORKER), &mut tx, &house.office, one.id, "两天没见到人").await.unwrap();
        tx.commit().await.unwrap();
        let done = withdraw(house.staff(STEWARD), Which::Id(one.id), ConsentChannel::Phone).await.unwrap();
        assert_eq!(done, purposes);
        let consents = house.person(one.id).await.consents;
        assert!(consents.iter().all(|consent| consent.withdrawn_channel == Some(ConsentChannel::Doorstep)), "{consents:?}");
        assert_eq!(house.sign(one.id, SignKind::In).await, Verdict::NoConsent);
        assert!(house.care.known(one.id).await.is_none());
        let two = house.watched(6).await;
        assert_eq!(withdraw(house.visitor(), Which::Link(&two.link), ConsentChannel::OwnPhone).await.unwrap(), [Purpose::Watch]);
        assert_eq!(withdraw(house.visitor(), Which::Link(&two.link), ConsentChannel::OwnPhone).await.unwrap(), [], "again: nothing");
        // One purpose alone: the watch goes on without it.
        let three = house.enrol(&house.somebody(7, &[Purpose::Watch, Purpose::Routine])).await.unwrap();
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        commands::withdraw(&house.visitor(), &mut tx, &house.office, Which::Link(&three.link), Some(Purpose::Routine), ConsentChannel::OwnPhone)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        house.care.errands().await.unwrap();
        let known = house.care.known(three.id).await.unwrap();
        assert!(!known.learns, "the routine is forgotten");
        assert_eq!(house.sign(three.id, SignKind::In).await, Verdict::Taken);
    }

    async fn hospital_is_told_only_under_its_consent(db: Db) {
        let house = House::watching(db).await;
        let (with, without) = (house.enrol(&house.somebody(5, &[Purpose::Watch, Purpose::Hospital])).await.unwrap(), house.watched(6).await);
        let mut read = house.db.read().await.unwrap();
        let proof = consent::in_force(&mut read.conn(), DISTRICT, with.id, house.clock.now()).await.unwrap().hospital.unwrap();
        drop(read);
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        let other = commands::admit(&house.staff(WORKER), &mut tx, Which::Id(without.id), &proof).await;
        assert!(matches!(other, Err(CareError::NoConsent)), "a proof names its person");
        commands::admit(&house.staff(WORKER), &mut tx, Which::Id(with.id), &proof).await.unwrap();
        tx.commit().await.unwrap();
        house.care.errands().await.unwrap();
        house.hours(30).await;
        let visits = house.open_visits().await;
        assert_eq!(visits.iter().map(|visit| visit.person).collect::<Vec<_>>(), [without.id]);
    }
}
