//! Two processes share the watch: each keeps a part, and goes on with the other's when that has died.

use std::sync::{Arc, Mutex};

use linli_access::Ctx;
use linli_care::commands::Which;
use linli_care::{
    Care, CareError, CarePersonId, Carrier, CarrierFuture, ConsentChannel, Purpose, Refused, SignKind, Verdict, WatchPlan,
};
use linli_db::{Db, both_databases};
use linli_watch::{Shard, Shards, Sign};

use crate::house::{DISTRICT, House};

const EVEN: Shard = Shard(0);
const ODD: Shard = Shard(1);

fn shards() -> Shards {
    Shards::new(2).unwrap()
}

/// The way between the two: signs go to whoever keeps the part, and are written down for whoever comes next.
#[derive(Default)]
struct Between {
    owners: Mutex<[Option<Arc<Care>>; 2]>,
    stream: Mutex<Vec<Sign>>,
}

impl Carrier for Between {
    fn carry(&self, signs: Vec<Sign>) -> CarrierFuture<'_> {
        Box::pin(async move {
            let mut verdicts = Vec::new();
            for sign in signs {
                self.stream.lock().unwrap().push(sign);
                let owner = self.owners.lock().unwrap()[usize::from(shards().of(sign.slot).0)].clone();
                let owner = owner.ok_or_else(|| Refused::Later("nobody keeps the part".to_owned()))?;
                verdicts.extend(owner.signs_of_parts(vec![sign]).await.map_err(|error| Refused::Later(error.to_string()))?);
            }
            Ok(verdicts)
        })
    }
}

impl Between {
    fn owns(&self, shard: Shard, care: Option<&Arc<Care>>) {
        self.owners.lock().unwrap()[usize::from(shard.0)] = care.cloned();
    }

    fn since(&self, shard: Shard) -> Vec<Sign> {
        self.stream.lock().unwrap().iter().copied().filter(|sign| shards().of(sign.slot) == shard).collect()
    }
}

/// A house of two processes of which each keeps one part.
struct Two {
    house: House,
    other: Arc<Care>,
    between: Arc<Between>,
}

impl Two {
    async fn new(db: Db) -> Self {
        let house = House::new(db).await;
        let other = Care::new(house.db.clone(), house.clock.clone(), house.rng.clone(), Arc::clone(&house.office));
        let two = Self { house, other, between: Arc::default() };
        two.start(&two.house.care, "one").await;
        two.start(&two.other, "other").await;
        two.take(&two.house.care, EVEN, 1, Vec::new()).await.unwrap();
        two.take(&two.other, ODD, 2, Vec::new()).await.unwrap();
        two.house.care.begin().await.unwrap();
        two.other.begin().await.unwrap();
        two
    }

    async fn start(&self, care: &Arc<Care>, folder: &str) {
        let plan = WatchPlan { folder: self.house.folder.path().join(folder), ..self.house.plan() };
        care.start_split(&plan, shards(), self.between.clone()).await.unwrap();
    }

    async fn take(&self, care: &Arc<Care>, shard: Shard, epoch: i64, marks: Vec<Sign>) -> Result<(), CareError> {
        care.take_part(shard, epoch, marks, self.between.since(shard)).await?;
        self.between.owns(shard, Some(care));
        Ok(())
    }

    /// Both do what was written down for them, and hear of each other's.
    async fn errands(&self) {
        for care in [&self.house.care, &self.other] {
            care.errands().await.unwrap();
            care.follow_anew().await.unwrap();
        }
    }

    async fn watched(&self, number: u32) -> CarePersonId {
        let id = self.house.enrol(&self.house.somebody(number, &[Purpose::Watch])).await.unwrap().id;
        self.errands().await;
        id
    }

    async fn wait(&self, minutes: i64, who: &[&Arc<Care>]) {
        for _ in 0..minutes / 10 {
            self.house.clock.advance_secs(600);
            for care in who {
                care.pass().await.unwrap();
            }
        }
    }

    async fn visits(&self) -> Vec<CarePersonId> {
        self.house.open_visits().await.into_iter().map(|visit| visit.person).collect()
    }

    fn system(&self) -> Ctx {
        self.house.visitor()
    }
}

both_databases! {
    async fn each_keeps_its_part_and_a_sign_finds_its_way(db: Db) {
        let two = Two::new(db).await;
        let (first, second) = (two.watched(5).await, two.watched(6).await);
        let (one, other) = (&two.house.care, &two.other);
        assert_eq!((one.slot_of(first), other.slot_of(second)), (Some(0), Some(1)));
        assert_eq!((one.vitals().await.watched, other.vitals().await.watched), (1, 1));
        assert!(one.known(first).await.is_some() && one.known(second).await.is_none(), "nobody is known twice");
        two.wait(23 * 60, &[one, other]).await;
        // Whichever process heard it.
        assert_eq!(two.house.sign(second, SignKind::Out).await, Verdict::Taken);
        assert_eq!(two.house.sign(second, SignKind::Out).await, Verdict::Taken, "a second later it is another");
        two.wait(2 * 60, &[one, other]).await;
        assert_eq!(two.visits().await, [first]);
        assert!(one.marks_are_stale(EVEN), "somebody was enrolled");
        assert!(!one.marks_are_stale(EVEN), "asked once");
    }

    async fn a_part_of_the_dead_is_gone_on_with_from_marks_and_signs(db: Db) {
        let two = Two::new(db).await;
        let (silent, lively) = (two.watched(5).await, two.watched(7).await);
        let gone = two.watched(9).await;
        // Numbers 0, 1, 2: the first and the last are in the same part.
        let one = &two.house.care;
        let marks = one.marks(EVEN).await.unwrap();
        assert_eq!(marks.len(), 2);
        two.wait(20 * 60, &[one, &two.other]).await;
        assert_eq!(two.house.sign(gone, SignKind::Out).await, Verdict::Taken);
        // The one dies; hours go by in which nobody keeps its part.
        one.stop();
        two.between.owns(EVEN, None);
        two.wait(2 * 60, &[&two.other]).await;
        let sign = linli_care::Sign { whose: linli_care::Whose::Person(gone), kind: SignKind::In, at: two.house.visitor().now() };
        assert!(two.other.signs(vec![sign]).await.is_err_and(|error| matches!(error, CareError::Watch(Refused::Later(_)))));
        two.wait(4 * 60, &[&two.other]).await;
        assert_eq!(two.visits().await, [lively], "the other part is watched all the time; she of the dead one is silent unseen");
        two.take(&two.other, EVEN, 3, marks).await.unwrap();
        two.other.pass().await.unwrap();
        let mut visits = two.visits().await;
        visits.sort_unstable();
        let mut meant = [silent, lively];
        meant.sort_unstable();
        assert_eq!(visits, meant, "late, and once; and not she who came home while nobody was there");
        assert!(two.other.known(gone).await.is_some_and(|known| i64::from(known.since) == sign.at.0 / 1_000_000));
    }

    async fn whoever_was_replaced_opens_no_visit(db: Db) {
        let two = Two::new(db).await;
        let person = two.watched(5).await;
        let (one, other) = (&two.house.care, &two.other);
        let marks = one.marks(EVEN).await.unwrap();
        two.wait(23 * 60, &[one, other]).await;
        // The one stands still, the other takes its part and hears her.
        two.take(other, EVEN, 7, marks).await.unwrap();
        assert_eq!(two.house.sign(person, SignKind::Out).await, Verdict::Taken);
        two.wait(2 * 60, &[other]).await;
        assert_eq!(two.visits().await, []);
        // The one goes on: it has heard nothing for 25 hours.
        for _ in 0..3 {
            two.wait(10, &[one]).await;
        }
        assert!(one.known(person).await.is_some_and(|known| known.alarmed), "it believes that she is silent");
        assert_eq!(two.visits().await, [], "and nobody believes it");
        assert!(two.take(one, EVEN, 6, Vec::new()).await.is_err(), "with an older claim nothing is taken");
        one.lose_part(EVEN).await.unwrap();
        assert!(one.known(person).await.is_none());
        two.wait(24 * 60, &[one, other]).await;
        assert_eq!(two.visits().await, [person], "the new owner goes on");
    }

    async fn an_alarm_that_ended_while_nobody_said_so_is_relieved(db: Db) {
        let two = Two::new(db).await;
        let (person, unknown) = (two.watched(5).await, two.watched(6).await);
        let third = two.watched(7).await;
        let (one, other) = (&two.house.care, &two.other);
        two.wait(25 * 60, &[one, other]).await;
        assert_eq!(two.visits().await.len(), 3);
        let marks: Vec<Sign> = one.marks(EVEN).await.unwrap();
        // She comes home; the sign is in the stream, and its owner is dead before it does anything.
        one.stop();
        two.between.stream.lock().unwrap().push(Sign { slot: 0, at: u32::try_from(two.house.visitor().now().0 / 1_000_000).unwrap(), kind: SignKind::In });
        // Of the third the marks were lost.
        let marks = marks.into_iter().filter(|mark| mark.slot == 0).collect();
        two.take(other, EVEN, 9, marks).await.unwrap();
        let visits = two.visits().await;
        assert!(!visits.contains(&person) && visits.contains(&unknown), "relieved by the next owner");
        assert!(visits.contains(&third), "that nothing is known of her is no sign of life");
    }

    async fn an_absence_goes_along_and_a_withdrawal_is_done_by_the_owner(db: Db) {
        let two = Two::new(db).await;
        let made = two.house.enrol(&two.house.somebody(5, &[Purpose::Watch])).await.unwrap();
        two.errands().await;
        let (one, other) = (&two.house.care, &two.other);
        let until = two.house.visitor().now().plus_secs(60 * 3_600);
        let mut tx = two.house.db.begin(DISTRICT).await.unwrap();
        linli_care::commands::go_away(&two.system(), &mut tx, Which::Link(&made.link), until).await.unwrap();
        tx.commit().await.unwrap();
        other.errands().await.unwrap();
        assert!(one.known(made.id).await.is_some_and(|known| !known.away), "it is not the other's errand");
        one.errands().await.unwrap();
        assert!(one.known(made.id).await.is_some_and(|known| known.away));
        let marks = one.marks(EVEN).await.unwrap();
        one.stop();
        two.take(other, EVEN, 5, marks).await.unwrap();
        assert!(other.known(made.id).await.is_some_and(|known| known.away && i64::from(known.since) == until.0 / 1_000_000));
        let mut tx = two.house.db.begin(DISTRICT).await.unwrap();
        let link = Which::Link(&made.link);
        linli_care::commands::withdraw(&two.system(), &mut tx, &two.house.office, link, None, ConsentChannel::OwnPhone).await.unwrap();
        tx.commit().await.unwrap();
        let _ = other.marks_are_stale(EVEN);
        two.wait(20, &[other]).await;
        assert!(other.known(made.id).await.is_none() && other.marks(EVEN).await.unwrap().is_empty());
        assert!(other.marks_are_stale(EVEN), "so that she is gone from the marks soon");
    }

    /// It forgot the part, died before that was out of its files, and is to take the part again before it has begun.
    async fn whoever_forgot_a_part_takes_it_again_after_a_restart(db: Db) {
        let mut two = Two::new(db).await;
        let person = two.watched(5).await;
        let marks = two.house.care.marks(EVEN).await.unwrap();
        two.house.care.lose_part(EVEN).await.unwrap();
        two.house.care.stop();
        two.house.care = Care::new(two.house.db.clone(), two.house.clock.clone(), two.house.rng.clone(), Arc::clone(&two.house.office));
        let plan = WatchPlan { folder: two.house.folder.path().join("one"), ..two.house.plan() };
        // The thread of before may still hold the folder for a moment.
        while two.house.care.start_split(&plan, shards(), two.between.clone()).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let one = &two.house.care;
        let again = two.take(one, EVEN, 3, marks.clone()).await;
        assert!(matches!(again, Err(CareError::Watch(Refused::Later(_)))), "not before it is out of every file: {again:?}");
        for _ in 0..3 {
            two.house.clock.advance_secs(20);
            one.pass().await.unwrap();
        }
        two.take(one, EVEN, 3, marks).await.unwrap();
        one.begin().await.unwrap();
        assert!(one.known(person).await.is_some());
    }
}
