//! Quiet hours of a person: chosen with the family, changed with a line, kept by the watch.

use linli_care::commands::{self, NewPerson, Which};
use linli_care::{CareError, CarePersonId, FieldProblem, Purpose};
use linli_db::{Db, both_databases};
use linli_kernel::Ts;

use crate::house::{DISTRICT, House, STEWARD, Staff, WORKER, tuesday_nine};

impl House {
    async fn quiet(&self, who: Staff, person: CarePersonId, code: &str) -> Result<(), CareError> {
        let mut tx = self.db.begin(DISTRICT).await?;
        commands::change_quiet(&self.staff(who), &mut tx, &self.office, Which::Id(person), code).await?;
        tx.commit().await?;
        self.care.errands().await?;
        Ok(())
    }

    async fn deadline(&self, person: CarePersonId) -> Ts {
        let known = self.care.known(person).await.unwrap();
        Ts(i64::from(known.deadline.unwrap()) * 1_000_000)
    }
}

fn hour(at: Ts) -> (i8, i8, i8) {
    let local = at.local();
    (local.day(), local.hour(), local.minute())
}

both_databases! {
    async fn quiet_hours_are_the_persons_own(db: Db) {
        let mut house = House::watching(db).await;
        // Last seen on Monday at 23:30: the 24 hours are over on Tuesday at 23:30, in the night.
        let late = Some(tuesday_nine().plus_secs(-(9 * 3_600 + 1_800)));
        let with = |number, quiet: &str| NewPerson {
            quiet: Some(quiet.to_owned()),
            seen_at: late,
            ..house.somebody(number, &[Purpose::Watch])
        };
        let usual = house.enrol(&with(5, "")).await.unwrap().id;
        let lie_in = house.enrol(&with(6, "late")).await.unwrap().id;
        let always = house.enrol(&with(7, "any_hour")).await.unwrap().id;
        assert_eq!(hour(house.deadline(usual).await), (25, 7, 0), "the rule's own");
        assert_eq!(hour(house.deadline(lie_in).await), (25, 9, 0));
        assert_eq!(hour(house.deadline(always).await), (24, 23, 30));
        let unknown = house.enrol(&with(8, "whenever")).await;
        assert!(matches!(unknown, Err(CareError::Field { field: "quiet", problem: FieldProblem::NotAChoice })), "{unknown:?}");

        // Changed later, with a line; the same again is no news; not by whoever only visits.
        house.quiet(WORKER, usual, "long").await.unwrap();
        house.quiet(WORKER, usual, "long").await.unwrap();
        assert_eq!(hour(house.deadline(usual).await), (25, 9, 0));
        let changed = house.kinds(usual.0).await.iter().filter(|kind| *kind == "care.quiet_changed").count();
        assert_eq!(changed, 1);
        assert!(house.quiet(STEWARD, usual, "").await.is_err());
        assert!(matches!(house.quiet(WORKER, usual, "whenever").await, Err(CareError::Field { field: "quiet", .. })));
        assert_eq!(house.person(usual).await.watched.and_then(|watched| watched.quiet).as_deref(), Some("long"));

        // The folder and a new process keep them; so does another rule.
        house.restart().await;
        assert_eq!(hour(house.deadline(lie_in).await), (25, 9, 0));
        let mut tx = house.db.begin(DISTRICT).await.unwrap();
        commands::change_profile(&house.staff(WORKER), &mut tx, &house.office, Which::Id(lie_in), "not_left_home_36").await.unwrap();
        tx.commit().await.unwrap();
        house.care.errands().await.unwrap();
        assert_eq!(hour(house.deadline(lie_in).await), (25, 11, 30), "36 hours, and not in the night");

        // At half past eleven somebody goes to the one who wants to be asked at any hour; to the others after their night.
        house.hours(15).await;
        let visited: Vec<_> = house.open_visits().await.into_iter().map(|visit| visit.person).collect();
        assert_eq!(visited, [always]);
        house.wait(9 * 60 + 10).await;
        let visited: Vec<_> = house.open_visits().await.into_iter().map(|visit| visit.person).collect();
        assert_eq!(visited, [always, usual]);
    }
}
