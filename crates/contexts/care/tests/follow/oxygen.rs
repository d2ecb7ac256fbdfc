//! Places for oxygen: offered by the institution, booked by the team, never twice, gone with the consent.

use linli_care::CarePersonId;
use linli_care::follow::commands::{self, NewFollowed, NewOffer, Wanted};
use linli_care::follow::model::{OxygenBookingId, OxygenState};
use linli_care::follow::{FollowError, Wrong, queries};
use linli_db::{Db, sql};

use crate::follow::house::{
    CENTRE, COLLEAGUE, DISTRICT, DOCTOR, HIGH_DOCTOR, House, LI, OFFICER, OTHER_CENTRE, OTHER_DOCTOR, SECRETARY, STEWARD, Staff,
    WANG, ZHANG, act, at, old_and_stable, spo2,
};

/// From today on, Monday to Sunday, 09:00 to 12:00, an hour each.
fn hours(places: i64) -> NewOffer {
    NewOffer {
        from_day: jiff::civil::date(2026, 11, 24),
        weekdays: 0b111_1111,
        opens: 540,
        closes: 720,
        slot_minutes: 60,
        places,
    }
}

impl House {
    async fn offer(&self, who: Staff, input: NewOffer) -> Result<(), FollowError> {
        let ctx = self.staff(who);
        act!(self, tx => commands::offer_oxygen(&ctx, tx, &self.desk, CENTRE, input)).map(|_| ())
    }

    async fn book(&self, who: Staff, person: CarePersonId, wanted: Wanted) -> Result<OxygenBookingId, FollowError> {
        let (ctx, consent) = (self.staff(who), self.consent(person).await?);
        act!(self, tx => commands::book_oxygen(&ctx, tx, &self.desk, &consent, wanted))
    }

    async fn put(&self, who: Staff, id: OxygenBookingId, to: OxygenState) -> Result<(), FollowError> {
        let ctx = self.staff(who);
        act!(self, tx => commands::put_oxygen(&ctx, tx, &self.desk, id, (to, "")))
    }

    async fn day(&self, who: Staff) -> queries::OxygenDay {
        let mut read = self.db.read().await.unwrap();
        queries::oxygen_day(&self.staff(who), &mut read.conn(), &self.desk, CENTRE, None).await.unwrap()
    }

    /// Hours of the day and who has a place, by name where it is told.
    async fn seated(&self, who: Staff) -> Vec<(i8, i64, Option<String>, OxygenState)> {
        let rows = self.day(who).await.rows;
        let one = |booked: &queries::Booked| {
            let hour = booked.booking.slot.starts_at.local().hour();
            (hour, booked.booking.place_no, booked.name.clone(), booked.booking.state)
        };
        rows.iter().flat_map(|row| &row.booked).map(one).collect()
    }

    /// 李爷爷 is followed by the centre as well.
    async fn li_comes_too(&self) {
        let consent = self.consent(LI).await.unwrap();
        let input = NewFollowed { institution: CENTRE, factors: old_and_stable() };
        let ctx = self.staff(OTHER_DOCTOR);
        act!(self, tx => commands::enrol(&ctx, tx, &self.desk, &consent, input.clone())).unwrap();
    }

    async fn quarters(&self) -> i64 {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM oxygen_hold WHERE district_id = $1").bind(DISTRICT).fetch_one(x).await).unwrap()
    }
}

fn when(hour: i8) -> Wanted {
    Wanted { starts_at: Some(at(24, hour, 0)), ..Wanted::default() }
}

linli_db::both_databases! {
    /// Offered, booked from an alarm with one tap, begun, ended; a line for each; nothing of it in the open facts.
    async fn from_an_alarm_to_a_place_and_home_again(db: Db) {
        let house = House::zhang(db).await;
        house.offer(DOCTOR, hours(1)).await.unwrap();
        let alarm = house.tell(&house.staff(DOCTOR), ZHANG, spo2("92")).await.unwrap().alarm.unwrap();
        let seen = house.alarms(ZHANG).await.remove(0);
        assert!(house.desk.rules(&seen.place, house.clock_now()).unwrap().oxygen().offered_for(&seen));
        let booking = house.book(DOCTOR, ZHANG, Wanted { alarm: Some(alarm), ..Wanted::default() }).await.unwrap();
        assert_eq!(house.seated(DOCTOR).await, [(9, 1, Some("张奶奶".to_owned()), OxygenState::Booked)], "the time that has just begun");
        assert!(house.alarms(ZHANG).await[0].became.is_none(), "a place is no decision: the alarm waits for one");
        assert!(matches!(house.book(COLLEAGUE, ZHANG, Wanted::default()).await, Err(FollowError::HasPlace)));
        house.put(COLLEAGUE, booking, OxygenState::Begun).await.unwrap();
        let day = house.day(DOCTOR).await;
        assert_eq!(day.places[0].now.as_ref().map(|one| one.booking.id), Some(booking));
        house.clock.set(at(24, 9, 31));
        house.put(DOCTOR, booking, OxygenState::Ended).await.unwrap();
        assert!(matches!(house.put(DOCTOR, booking, OxygenState::Ended).await, Err(FollowError::Changed)), "once");
        assert_eq!(house.quarters().await, 2, "from half past nine on it is free again");
        let kinds = house.kinds(ZHANG.0).await;
        for kind in ["care.oxygen_booked", "care.oxygen_begun", "care.oxygen_ended"] {
            assert_eq!(kinds.iter().filter(|known| *known == kind).count(), 1, "{kind}");
        }
        let booked = house.lines(ZHANG.0).await.into_iter().find(|line| line.kind == "care.oxygen_booked").unwrap();
        assert!(!booked.facts.contains("starts"), "{}", booked.facts);
        house.clean().await;
    }

    /// One place, two who ask for it at the same moment: one has it, and the other is told so, or has the next time.
    async fn a_place_is_never_had_by_two(db: Db) {
        let house = House::zhang(db).await;
        house.li_comes_too().await;
        house.offer(DOCTOR, hours(1)).await.unwrap();
        let (one, two) = tokio::join!(house.book(DOCTOR, ZHANG, when(10)), house.book(OTHER_DOCTOR, LI, when(10)));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
        let (first, loser, who) = match (one, two) {
            (Ok(first), Err(error)) => (first, error, (OTHER_DOCTOR, LI)),
            (Err(error), Ok(first)) => (first, error, (DOCTOR, ZHANG)),
            both => panic!("{both:?}"),
        };
        assert!(matches!(loser, FollowError::NoneFree), "{loser:?}");
        assert_eq!(house.quarters().await, 4, "nothing is left of the one who came second");
        house.book(who.0, who.1, Wanted { starts_at: Some(at(24, 11, 0)), ..Wanted::default() }).await.unwrap();
        assert_eq!(house.quarters().await, 8);
        // Let go, it can be had by somebody else.
        let winner = if who.1 == LI { DOCTOR } else { OTHER_DOCTOR };
        house.put(winner, first, OxygenState::Released).await.unwrap();
        assert_eq!(house.quarters().await, 4);
        house.clean().await;
    }

    /// Many at once without a wish: each has a place and a time of their own.
    async fn whoever_asks_for_the_next_is_given_another(db: Db) {
        let house = House::zhang(db).await;
        house.li_comes_too().await;
        house.offer(DOCTOR, hours(1)).await.unwrap();
        let (one, two) = tokio::join!(house.book(DOCTOR, ZHANG, Wanted::default()), house.book(OTHER_DOCTOR, LI, Wanted::default()));
        one.unwrap();
        two.unwrap();
        let hours: Vec<_> = house.seated(DOCTOR).await.into_iter().map(|(hour, place, ..)| (hour, place)).collect();
        assert_eq!(hours, [(9, 1), (10, 1)]);
        house.clean().await;
    }

    /// Other times of an offer do not let two into one place: what is held is held by the quarter of an hour.
    async fn other_times_of_an_offer_never_overlap_what_is_booked(db: Db) {
        let house = House::zhang(db).await;
        house.li_comes_too().await;
        house.offer(DOCTOR, hours(1)).await.unwrap();
        house.book(DOCTOR, ZHANG, when(10)).await.unwrap();
        house.clock.advance_secs(1);
        house.offer(DOCTOR, NewOffer { slot_minutes: 90, ..hours(1) }).await.unwrap();
        let half_past = Wanted { starts_at: Some(at(24, 10, 30)), ..Wanted::default() };
        assert!(matches!(house.book(OTHER_DOCTOR, LI, half_past).await, Err(FollowError::NoneFree)), "from 10:30 to 12:00");
        assert!(matches!(house.book(OTHER_DOCTOR, LI, when(9)).await, Err(FollowError::NoneFree)), "from 9:00 to 10:30");
        let day = house.day(DOCTOR).await;
        let beyond: Vec<_> = day.rows.iter().flat_map(|row| &row.booked).map(|booked| booked.beyond).collect();
        assert_eq!(beyond, [true], "what was booked stays booked, and is pointed out");
        // Capacity has dates: from tomorrow on there are two.
        house.offer(DOCTOR, NewOffer { from_day: jiff::civil::date(2026, 11, 25), ..hours(2) }).await.unwrap();
        let day = house.day(DOCTOR).await;
        assert_eq!((day.offer.map(|offer| offer.places), day.coming.iter().map(|offer| offer.places).collect::<Vec<_>>()), (Some(1), vec![2]));
        house.clean().await;
    }

    /// Who may, what cannot be, and when it is too early.
    async fn what_is_refused(db: Db) {
        let house = House::zhang(db).await;
        for who in [OFFICER, SECRETARY, STEWARD] {
            assert!(matches!(house.offer(who, hours(1)).await, Err(FollowError::Denied(_))));
        }
        assert!(matches!(house.offer(OTHER_DOCTOR, hours(1)).await, Err(FollowError::NotFound)), "not appointed on behalf of it");
        for (wrong, field) in [
            (NewOffer { from_day: jiff::civil::date(2026, 11, 23), ..hours(1) }, "from_day"),
            (NewOffer { weekdays: 0, ..hours(1) }, "weekday"),
            (NewOffer { opens: 545, ..hours(1) }, "opens"),
            (NewOffer { closes: 500, ..hours(1) }, "closes"),
            (NewOffer { slot_minutes: 50, ..hours(1) }, "slot_minutes"),
            (NewOffer { slot_minutes: 300, ..hours(1) }, "slot_minutes"),
            (NewOffer { places: 201, ..hours(1) }, "places"),
            (NewOffer { places: -1, ..hours(1) }, "places"),
        ] {
            let refused = house.offer(DOCTOR, wrong).await;
            assert!(matches!(refused, Err(FollowError::Field { field: named, .. }) if named == field), "{field}: {refused:?}");
        }
        assert!(matches!(house.book(DOCTOR, ZHANG, Wanted::default()).await, Err(FollowError::NoneFree)), "nobody offers anything");
        house.offer(DOCTOR, hours(1)).await.unwrap();
        assert!(matches!(house.book(DOCTOR, WANG, Wanted::default()).await, Err(FollowError::NoConsent)));
        assert!(matches!(house.book(OTHER_DOCTOR, ZHANG, Wanted::default()).await, Err(FollowError::NotFound)));
        assert!(matches!(house.book(HIGH_DOCTOR, ZHANG, Wanted::default()).await, Err(FollowError::NotFound)));
        let odd = Wanted { starts_at: Some(at(24, 10, 20)), ..Wanted::default() };
        let refused = house.book(DOCTOR, ZHANG, odd).await;
        assert!(matches!(refused, Err(FollowError::Field { field: "starts_at", problem: Wrong::NotOffered })), "{refused:?}");
        let elsewhere = Wanted { at: Some(OTHER_CENTRE), ..Wanted::default() };
        assert!(matches!(house.book(DOCTOR, ZHANG, elsewhere).await, Err(FollowError::NoneFree)));
        let booking = house.book(DOCTOR, ZHANG, when(11)).await.unwrap();
        assert!(matches!(house.put(DOCTOR, booking, OxygenState::Begun).await, Err(FollowError::NotNow)), "two hours early");
        assert!(matches!(house.put(DOCTOR, booking, OxygenState::Missed).await, Err(FollowError::NotNow)), "has not had time to come");
        assert!(matches!(house.put(OTHER_DOCTOR, booking, OxygenState::Released).await, Err(FollowError::NotFound)));
        house.clock.set(at(24, 11, 15));
        house.put(DOCTOR, booking, OxygenState::Missed).await.unwrap();
        assert_eq!(house.quarters().await, 1, "who does not come leaves the rest to others");
        house.clean().await;
    }

    /// Names: the team, and the institution where the person comes. Above there are numbers; after a withdrawal there is nothing.
    async fn who_sees_whom_and_what_a_withdrawal_takes(db: Db) {
        let house = House::zhang(db).await;
        house.li_comes_too().await;
        house.offer(DOCTOR, hours(2)).await.unwrap();
        house.book(OTHER_DOCTOR, LI, when(10)).await.unwrap();
        house.book(DOCTOR, ZHANG, when(10)).await.unwrap();
        let names = |seated: Vec<(i8, i64, Option<String>, OxygenState)>| seated.into_iter().map(|(.., name, _)| name).collect::<Vec<_>>();
        let (li, zhang) = (Some("李爷爷".to_owned()), Some("张奶奶".to_owned()));
        assert_eq!(names(house.seated(DOCTOR).await), [li.clone(), zhang.clone()], "appointed on behalf of the centre");
        assert_eq!(names(house.seated(COLLEAGUE).await), [None, zhang], "of the same community, not of the centre");
        assert_eq!(names(house.seated(HIGH_DOCTOR).await), [None, None], "from above nobody has a name");
        let mut read = house.db.read().await.unwrap();
        let places = queries::oxygen_places(&house.staff(OFFICER), &mut read.conn(), &house.desk).await.unwrap();
        assert_eq!((places.len(), places[0].places, places[0].to_come), (1, 2, 2));
        assert!(queries::oxygen_day(&house.staff(OFFICER), &mut read.conn(), &house.desk, CENTRE, None).await.is_err());
        drop(read);
        house.withdraw(ZHANG).await;
        assert_eq!(names(house.seated(DOCTOR).await), [li]);
        assert_eq!(house.quarters().await, 4, "the place is free for others");
        house.clean().await;
    }
}
