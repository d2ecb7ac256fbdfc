//! Letters are shuffled, repeated and delayed while people at both ends act and clocks run out: no orphan, no double bed, no stuck record.

use linli_db::{Db, sql};
use linli_treatment::commands::inbound::Bed;
use linli_treatment::commands::referrals::{self, NewReferral, Next};
use linli_treatment::commands::{inbound, post};
use linli_treatment::model::beds::BedType;
use linli_treatment::model::referrals::{Answer, Asks, Outcome, Patient, ReferralId, ReferralState, Severity, Withdrawing};
use linli_treatment::queries;

use crate::house::{DOCTOR, FAR, House, LEAD_BEDS, LEAD_ICU, NEAR, NEXT_BEDS, NEXT_ICU, Staff, act};
use crate::referral::{up, zhang};

/// A sequence that looks like chance and is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const RECEIVERS: [(Staff, linli_treatment::model::UnitId); 2] = [(LEAD_BEDS, LEAD_ICU), (NEXT_BEDS, NEXT_ICU)];

impl House {
    async fn open(&self) -> Vec<(ReferralId, ReferralState)> {
        let mut read = self.db.read().await.unwrap();
        let all = queries::referrals::list(&self.staff(DOCTOR), &mut read.conn(), &self.desk, 500).await.unwrap();
        all.into_iter().filter(|(one, _)| one.over_at.is_none()).map(|(one, _)| (one.id, one.state)).collect()
    }

    async fn count(&self, text: &'static str) -> i64 {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        sql!(c, x => sqlx::query_scalar(text).fetch_one(x).await).unwrap()
    }

    /// Somebody does something that may or may not be a step from here. What is no step is refused and changes nothing.
    async fn somebody_acts(&self, dice: &mut Dice) {
        let (who, unit) = RECEIVERS[usize::try_from(dice.roll(2)).unwrap()];
        let came = self.inbox(who).await;
        let open = self.open().await;
        let picked = |n: usize, dice: &mut Dice| (n > 0).then(|| usize::try_from(dice.roll(u64::try_from(n).unwrap())).unwrap());
        let theirs = picked(came.len(), dice).map(|n| came[n].inbound.clone());
        let ours = picked(open.len(), dice).map(|n| open[n]);
        match (dice.roll(9), theirs, ours) {
            (0 | 1, Some(inbound), _) => drop(self.accept(who, inbound.key, Some(unit)).await),
            (2, Some(inbound), _) => drop(self.decline(who, inbound.key).await),
            // A patient arrives only where somebody sent them.
            (3, Some(inbound), _) if inbound.asks == Asks::UnderWay => drop(self.arrive(who, inbound.key, None).await),
            (4, Some(inbound), _) => drop(self.complete(who, inbound.key, Outcome::Home).await),
            (5, _, Some((id, _))) => drop(self.go_on(DOCTOR, id, Next::Depart).await),
            (6, _, Some((id, _))) if dice.roll(4) == 0 => drop(self.go_on(DOCTOR, id, Next::Cancel(Withdrawing::Family)).await),
            (7, _, Some((id, _))) => {
                let candidates = self.candidates(DOCTOR, &up(Severity::Severe)).await;
                let ctx = self.system();
                act!(self, DOCTOR, tx => referrals::look(&ctx, tx, &self.desk, id, &candidates)).unwrap();
            }
            _ => {
                let ctx = self.system();
                act!(self, LEAD_BEDS, tx => inbound::expire_next(&ctx, tx)).unwrap();
            }
        }
    }

    /// What both ends stand by, and how much was written in all.
    async fn standing(&self) -> (Vec<(String, String, i64)>, Vec<(String, String, i64)>, i64) {
        let mut read = self.db.read().await.unwrap();
        let c = &mut read.conn();
        let there = "SELECT asks, answer, heard FROM inbound_referral ORDER BY referral_id, attempt";
        let there = sql!(c, x => sqlx::query_as(there).fetch_all(x).await).unwrap();
        let here = "SELECT asks, answer, heard FROM referral_attempt ORDER BY referral_id, attempt";
        let here = sql!(c, x => sqlx::query_as(here).fetch_all(x).await).unwrap();
        let written = "SELECT (SELECT COUNT(*) FROM journal) + (SELECT COUNT(*) FROM referral_letter)";
        (there, here, sql!(c, x => sqlx::query_scalar(written).fetch_one(x).await).unwrap())
    }

    /// Every letter that was ever written comes once more, in any order. All had come before, so nothing changes.
    async fn old_letters_come_again(&self, dice: &mut Dice) {
        let before = self.standing().await;
        self.old_letters(dice).await;
        assert_eq!(self.standing().await, before, "an old letter changed something");
    }

    async fn old_letters(&self, dice: &mut Dice) {
        let written = usize::try_from(self.count("SELECT COUNT(*) FROM referral_letter").await).unwrap();
        let mut order: Vec<usize> = (0..written).collect();
        for n in (1..written).rev() {
            order.swap(n, usize::try_from(dice.roll(u64::try_from(n + 1).unwrap())).unwrap());
        }
        for n in order {
            post::deliver_nth(&self.system(), &self.db, &self.desk, n).await.unwrap();
        }
    }

    /// From here on people do what they must, and letters come; old ones again and again.
    async fn everybody_does_what_they_must(&self, dice: &mut Dice) {
        for round in 0..60 {
            self.tick().await;
            if round % 5 == 0 {
                self.old_letters_come_again(dice).await;
            }
            for (who, unit) in RECEIVERS {
                for came in self.inbox(who).await {
                    let (key, bed) = (came.inbound.key, Bed { unit, bed_type: BedType::Icu, guest_of: None });
                    match came.inbound.answer {
                        Answer::Received | Answer::Lapsed if came.inbound.asks != Asks::UnderWay => {
                            drop(self.accept(who, key, Some(unit)).await)
                        }
                        Answer::Lapsed => self.arrive(who, key, Some(bed)).await.unwrap(),
                        Answer::Accepted if came.inbound.asks == Asks::UnderWay => self.arrive(who, key, None).await.unwrap(),
                        Answer::Arrived => self.complete(who, key, Outcome::Home).await.unwrap(),
                        _ => {}
                    }
                }
            }
            self.tick().await;
            for (id, state) in self.open().await {
                if state == ReferralState::Accepted {
                    self.go_on(DOCTOR, id, Next::Depart).await.unwrap();
                }
            }
            if self.open().await.is_empty() {
                break;
            }
            self.clock.advance_secs(300);
        }
        self.tick().await;
    }

    async fn no_double_bed(&self, step: usize) {
        let twice = "SELECT COUNT(*) FROM (SELECT unit_id FROM bed_hold WHERE over_at IS NULL GROUP BY unit_id, bed_type \
                     HAVING COUNT(*) > (SELECT MAX(c.open_beds) FROM bed_cell c WHERE c.unit_id = bed_hold.unit_id)) t";
        assert_eq!(self.count(twice).await, 0, "step {step}: more beds given away than there are");
        let both = "SELECT COUNT(*) FROM (SELECT referral_id FROM bed_hold WHERE state = 'occupied' GROUP BY referral_id HAVING COUNT(*) > 1) t";
        assert_eq!(self.count(both).await, 0, "step {step}: somebody lies in two beds");
        self.clean().await;
    }
}

async fn disorder(db: Db, seed: u64, steps: usize) {
    let house = House::new(db).await;
    house.icu(LEAD_BEDS, LEAD_ICU, 2).await;
    house.icu(NEXT_BEDS, NEXT_ICU, 2).await;
    let mut dice = Dice(seed);
    for step in 0..steps {
        match dice.roll(10) {
            0 => {
                let patient = Patient { id_number: format!("X{}", dice.roll(6)), ..zhang() };
                drop(house.ask(DOCTOR, NewReferral { patient, ..up(Severity::Severe) }).await);
            }
            1..=3 => house.somebody_acts(&mut dice).await,
            // Any letter that was ever written comes now, perhaps again, before those that were written earlier.
            4..=8 => {
                let written = house.count("SELECT COUNT(*) FROM referral_letter").await;
                let n = usize::try_from(dice.roll(u64::try_from(written.max(1)).unwrap())).unwrap();
                post::deliver_nth(&house.system(), &house.db, &house.desk, n).await.unwrap();
            }
            _ => house.clock.advance_secs(i64::try_from(dice.roll(1_500)).unwrap()),
        }
        if step % 20 == 0 {
            house.no_double_bed(step).await;
        }
    }
    house.everybody_does_what_they_must(&mut dice).await;
    house.no_double_bed(steps).await;
    assert_eq!(house.open().await, [], "seed {seed}: nobody moves these on");
    for (text, what) in [
        ("SELECT COUNT(*) FROM inbound_referral WHERE over_at IS NULL", "an end waits for somebody who does not come"),
        ("SELECT COUNT(*) FROM bed_hold WHERE over_at IS NULL", "a bed is held for nobody"),
        ("SELECT COUNT(*) FROM patient_claim", "a patient cannot be sent any more"),
        ("SELECT COUNT(*) FROM referral_letter WHERE delivered_at IS NULL", "a letter never came"),
        ("SELECT COUNT(*) FROM bed_cell WHERE occupied <> 0 OR reserved <> 0", "the ledger counts somebody who is not there"),
    ] {
        assert_eq!(house.count(text).await, 0, "seed {seed}: {what}");
    }
    assert!(house.count("SELECT COUNT(*) FROM referral").await > 3, "seed {seed}: nothing happened");
    for district in [NEAR, FAR] {
        let mut read = house.db.read().await.unwrap();
        assert_eq!(queries::referrals::check(&mut read.conn(), district).await.unwrap(), Vec::<String>::new());
    }
}

linli_db::both_databases! {
    async fn seed_1(db: Db) {
        disorder(db, 1, 300).await;
    }
    async fn seed_2(db: Db) {
        disorder(db, 2, 300).await;
    }
    async fn seed_3(db: Db) {
        disorder(db, 3, 300).await;
    }
    async fn seed_4(db: Db) {
        disorder(db, 4, 600).await;
    }
}

/// More of them, on a database of its own each; `LINLI_SEEDS` says how many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_seeds() {
    let seeds = std::env::var("LINLI_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    for seed in 100..100 + seeds {
        let test = linli_db::testing::TestDb::sqlite().await;
        disorder(test.db.clone(), seed, 250).await;
    }
}
