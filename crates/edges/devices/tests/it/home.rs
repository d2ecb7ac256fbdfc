//! Homes through the device path to the engine of the watch, with a clock that the test sets: our own, and a real one beside the suite.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use linli_db::{Conn, DbError, both_databases};
use linli_devices::{Agreed, Ears, Person, PortFuture, Shut, Sign, SignsDoor, Verdict};
use linli_kernel::{DistrictId, Ts};
use linli_watch::{
    AgreedToRoutine, AgreedToWatch, Command, Config, Effect, Engine, Judged, RulePack, Second, Slot, Soft, Task, Usual,
};
use uuid::Uuid;

use crate::house::short;

const DAY: i64 = 86_400;

struct Consent;

impl AgreedToWatch for Consent {
    fn slot(&self) -> Slot {
        0
    }
}

impl AgreedToRoutine for Consent {
    fn slot(&self) -> Slot {
        0
    }
}

/// The engine behind the door, for one person.
pub struct Door {
    engine: Mutex<Engine>,
    pub effects: Mutex<Vec<Effect>>,
    now: Mutex<Second>,
}

fn second(at: i64) -> Second {
    Second::try_from(at).unwrap()
}

impl Door {
    fn new(start: i64, pack: RulePack) -> Self {
        let config = Config { leap: 30 * 86_400, doubt: 60 * 86_400, ..Config::for_slots(4) };
        let code = pack.id;
        let mut engine = Engine::new(config, &[pack]).unwrap();
        engine.command(second(start), Command::enrol(&Consent, code)).unwrap();
        engine.command(second(start), Command::learn_routine(&Consent)).unwrap();
        Self { engine: Mutex::new(engine), effects: Mutex::default(), now: Mutex::new(second(start)) }
    }

    /// Time passes to an instant; what is due on the way is due.
    fn pass(&self, to: i64) {
        let mut now = self.now.lock().unwrap();
        let mut engine = self.engine.lock().unwrap();
        while *now < second(to) {
            *now = (*now + 60).min(second(to));
            self.effects.lock().unwrap().extend(engine.step(*now, &[]).1);
        }
    }

    fn alarms(&self) -> usize {
        self.effects.lock().unwrap().iter().filter(|effect| matches!(effect.task, Task::Alarm { .. })).count()
    }
}

impl SignsDoor for Door {
    fn take(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<Verdict>, Shut>> {
        Box::pin(async move {
            let now = *self.now.lock().unwrap();
            let mut engine = self.engine.lock().unwrap();
            Ok(signs
                .iter()
                .map(|sign| {
                    assert_eq!(sign.person, short(1));
                    let sign = linli_watch::Sign { slot: 0, at: second(sign.at), kind: sign.kind };
                    let (judged, effects) = engine.step(now, &[sign]);
                    self.effects.lock().unwrap().extend(effects);
                    match judged {
                        Judged { taken: 1, .. } => Verdict::Counted,
                        Judged { future: 1, .. } => Verdict::Future,
                        Judged { no_news: 1, .. } => Verdict::Repeated,
                        Judged { not_asked_for: 1, .. } => Verdict::NotAsked,
                        _ => Verdict::NoConsent,
                    }
                })
                .collect())
        })
    }

    fn heard_by<'a>(&'a self, _: &'a [Ears]) -> PortFuture<'a, Result<(), Shut>> {
        Box::pin(async { Ok(()) })
    }

    fn who<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: Person) -> PortFuture<'a, Result<Option<Agreed>, DbError>> {
        Box::pin(async { Ok(Some(Agreed { faces: false })) })
    }

    fn faces<'a, 'c: 'a>(&'a self, _: &'a mut Conn<'c>, _: DistrictId) -> PortFuture<'a, Result<HashSet<Uuid>, DbError>> {
        Box::pin(async { Ok(HashSet::new()) })
    }
}

/// An interval as sensors of a home report it: from, to, which sensor.
type Interval = (i64, i64, String);

/// A table of intervals as the data set has it: a head, dashes, fields apart by tabs. Gives the faulty ones by line with the reason.
fn intervals(text: &str) -> (Vec<Interval>, Vec<(usize, String)>) {
    let at = |text: &str| {
        let at = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text.trim()).ok()?;
        Some(Ts::from_local(at)?.0 / 1_000_000)
    };
    let (mut good, mut faulty) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate().skip(2) {
        let fields: Vec<&str> = line.split('\t').map(str::trim).filter(|field| !field.is_empty()).collect();
        let interval = match fields.as_slice() {
            [] => continue,
            [from, to, name, ..] => at(from).zip(at(to)).map(|(from, to)| (from, to, (*name).to_owned())),
            _ => None,
        };
        match interval {
            Some((from, to, name)) if to >= from => good.push((from, to, name)),
            Some(_) => faulty.push((number + 1, "ends before it begins".to_owned())),
            None => faulty.push((number + 1, "cannot be read".to_owned())),
        }
    }
    (good, faulty)
}

/// The lines that a gateway of that home would have sent: the door, and what is used and moves inside.
fn lines(sensors: &[Interval]) -> Vec<(i64, String)> {
    let kind = |name: &str| match name {
        "Maindoor" => "door",
        "Shower" | "Basin" | "Cooktop" => "motion",
        _ => "use",
    };
    let mut lines: Vec<(i64, String)> = sensors
        .iter()
        .map(|(from, to, name)| {
            // A door is a sign when it opens; what lasts is one until it ends, and is said then.
            let at = if name == "Maindoor" { *from } else { *to };
            (at, format!("{{\"kind\":\"{}\",\"at\":{at}}}\n", kind(name)))
        })
        .collect();
    lines.sort();
    lines
}

/// Sends everything through the device path, each line when it happens.
async fn replay(db: linli_db::Db, sensors: &[Interval], pack: RulePack) -> (Arc<Door>, u64) {
    let lines = lines(sensors);
    let start = lines.first().unwrap().0 - 60;
    let door = Arc::new(Door::new(start, pack));
    let home = crate::house::House::with(db, door.clone(), start).await;
    let token = home.gateway(&[("", 1)]).await;
    let mut counted = 0;
    for (at, line) in &lines {
        door.pass(*at);
        counted += home.signs(&token, line.clone()).await.json()["counted"].as_u64().unwrap();
    }
    door.pass(lines.last().unwrap().0 + 3_600);
    (door, counted)
}

/// Fourteen days of an invented home: up at eight, out from two to six, in bed at midnight, and one evening without.
fn invented(days: i64) -> Vec<Interval> {
    let start = Ts::from_local(jiff::civil::date(2026, 11, 2).at(0, 0, 0, 0)).unwrap().0 / 1_000_000;
    let mut sensors = Vec::new();
    for day in 0..days {
        let at = |hour: i64, minute: i64| start + day * DAY + hour * 3_600 + minute * 60;
        for (hour, minute, name) in
            [(8, 5, "Basin"), (9, 0, "Fridge"), (14, 0, "Maindoor"), (18, 0, "Maindoor"), (23, 30, "Toilet")]
        {
            sensors.push((at(hour, minute), at(hour, minute) + 5, name.to_owned()));
        }
    }
    sensors
}

both_databases! {
    async fn a_life_with_outings_raises_no_alarm_and_a_silent_day_raises_one(db: linli_db::Db) {
        let home = invented(14);
        let (door, counted) = replay(db, &home, RulePack::no_sign_of_life(1, 24)).await;
        assert_eq!(counted, 70);
        assert_eq!(door.alarms(), 0);
        let last = home.last().unwrap().1;
        door.pass(last + DAY - 1);
        assert_eq!(door.alarms(), 0);
        door.pass(last + DAY);
        assert_eq!(door.alarms(), 1);
    }
}

#[test]
fn faulty_intervals_are_reported_and_kept_out() {
    let text = "Start\tEnd\n----\t----\n2026-11-02 08:00:00\t\t2026-11-02 08:05:00\tBasin\tPIR\n2026-11-02 09:00:00 \t2026-11-01 09:05:00\tFridge\n\
        2026-11-02 10:00:00\t2026-11-02 10:00:00\t\tToilet\nnonsense\n";
    let (good, faulty) = intervals(text);
    assert_eq!(good.iter().map(|(_, _, name)| name.as_str()).collect::<Vec<_>>(), ["Basin", "Toilet"]);
    assert_eq!(faulty, [(4, "ends before it begins".to_owned()), (6, "cannot be read".to_owned())]);
}

/// A real home beside the suite (`LINLI_TEST_DATA/presence`): two weeks of one person. What he did is known too: none of the times he
/// left may raise an alarm under the usual rule, and the first sign of the day that is learned is one of his own mornings.
#[tokio::test]
async fn a_real_home_raises_no_alarm() {
    let Some(folder) = std::env::var_os("LINLI_TEST_DATA") else {
        eprintln!("skipped: LINLI_TEST_DATA is not set");
        return;
    };
    let folder = std::path::PathBuf::from(folder).join("presence");
    let (sensors, faulty) = intervals(&std::fs::read_to_string(folder.join("OrdonezA_Sensors.txt")).unwrap());
    let (doings, wrong) = intervals(&std::fs::read_to_string(folder.join("OrdonezA_ADLs.txt")).unwrap());
    for (line, why) in faulty.iter().chain(&wrong) {
        eprintln!("kept out, line {line}: {why}");
    }
    assert_eq!(wrong.len(), 3, "three intervals of the ground truth end before they begin");
    let left: Vec<&Interval> = doings.iter().filter(|(_, _, name)| name == "Leaving").collect();
    assert_eq!(left.len(), 14);
    let test = linli_db::testing::TestDb::sqlite().await;
    let soft = Soft { min_days: 10, max_spread_hours: 6, margin_minutes: 60 };
    let pack = RulePack { soft: Some(soft), ..RulePack::no_sign_of_life(1, 24) };
    let (door, counted) = replay(test.db.clone(), &sensors, pack).await;
    assert!(counted > 300, "{counted} signs counted");
    assert_eq!(door.alarms(), 0, "{:?}", door.effects.lock().unwrap());
    // His mornings, as he wrote them down: the ends of his nights, in hours since four.
    let since_four = |at: i64| u32::try_from((at + 8 * 3_600 - 4 * 3_600).rem_euclid(DAY) / 3_600).unwrap();
    let nights = doings.iter().filter(|(from, to, name)| name == "Sleeping" && to - from > 3 * 3_600);
    let mornings: Vec<u32> = nights.map(|(_, to, _)| since_four(*to)).collect();
    let usual = door.engine.lock().unwrap().usual(0);
    let Some(Usual::Hours { usual, late, .. }) = usual else { panic!("{usual:?}") };
    let (first, last) = (*mornings.iter().min().unwrap(), *mornings.iter().max().unwrap());
    assert!((first..=last).contains(&usual) && (first..=last).contains(&late), "{usual} and {late}, but he gets up {mornings:?}");
}
