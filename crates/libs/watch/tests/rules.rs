//! The rules of the crate's table, one by one, as a stranger would use the library.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic here is a failed test")]

use linli_watch::{
    AgreedToRoutine, AgreedToWatch, AlarmId, Clock, Command, Config, Effect, Engine, Folder, Judged, Known, Quiet, Relief,
    RulePack, Second, Sign, SignKind, Silence, Slot, Soft, Task, Usual, Watch,
};

/// 2023-11-15, 12:00 in Beijing.
const NOON: Second = 1_700_020_800;
const HOUR: Second = 3_600;
const DAY: Second = 86_400;

struct Agreed(Slot);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

impl AgreedToRoutine for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

/// A day may pass in one step here.
fn config() -> Config {
    Config { leap: 30 * DAY, doubt: 60 * DAY, ..Config::for_slots(16) }
}

fn packs() -> Vec<RulePack> {
    vec![
        RulePack::no_sign_of_life(1, 24),
        RulePack { hours_out: Some(48), ..RulePack::not_left_home(2, 24) },
        RulePack { quiet: Some(Quiet { from: 22 * 60, to: 7 * 60 }), ..RulePack::no_sign_of_life(3, 12) },
        RulePack {
            soft: Some(Soft { min_days: 14, max_spread_hours: 3, margin_minutes: 60 }),
            ..RulePack::no_sign_of_life(4, 36)
        },
    ]
}

/// Person 5 is watched under this pack from noon on.
fn watching(pack: u8) -> Engine {
    let mut engine = Engine::new(config(), &packs()).unwrap();
    engine.command(NOON, Command::enrol(&Agreed(5), pack)).unwrap();
    engine
}

fn sign(at: Second, kind: SignKind) -> Sign {
    Sign { slot: 5, at, kind }
}

fn tasks(effects: &[Effect]) -> Vec<Task> {
    effects.iter().map(|effect| effect.task).collect()
}

fn id(since: Second) -> AlarmId {
    AlarmId { slot: 5, since, question: false }
}

/// A watch on disk in a folder that goes with it.
fn on_disk() -> (tempfile::TempDir, Watch<Folder>) {
    let folder = tempfile::tempdir().unwrap();
    let watch = Watch::open(Folder::open(folder.path()).unwrap(), config(), &packs()).unwrap();
    (folder, watch)
}

/// Whoever is taken over by another watch is counted from the same second there, is out there as here, and an alarm has the same identity.
#[test]
fn another_watch_goes_on_with_what_was_known() {
    let mut before = watching(2);
    let went = NOON + HOUR;
    before.step(went, &[sign(went, SignKind::Out)]);
    let mark = before.mark(5).unwrap();
    assert_eq!(mark, sign(went, SignKind::Out));
    assert_eq!(before.mark(6), None, "nobody");
    let alarm = Task::Alarm { id: id(went), silence: Silence::NotComeBack, deadline: went + 48 * HOUR };
    assert_eq!(tasks(&before.step(went + 48 * HOUR, &[]).1), [alarm]);
    for taken_over in [went + HOUR, went + 50 * HOUR] {
        let (_folder, mut after) = on_disk();
        assert_eq!(after.carry_on(taken_over, &[(Agreed(5), 2)], &[mark], &[]).unwrap(), []);
        let known = before.known(5).map(|known| Known { alarmed: false, deadline: Some(went + 48 * HOUR), ..known });
        assert_eq!(after.engine().known(5), known);
        assert_eq!(tasks(&after.tick(went + 50 * HOUR).unwrap().effects), [alarm], "taken over at {taken_over}");
    }
}

/// What a sign has ended before the new watch began is no alarm there, and nobody is taken over without a consent in hand.
#[test]
fn signs_since_the_mark_are_lived_through_before_anything_is_raised() {
    let (_folder, mut after) = on_disk();
    let (mark, late) = (sign(NOON, SignKind::In), NOON + 30 * HOUR);
    let other = |at| Sign { slot: 6, ..sign(at, SignKind::In) };
    let since = [sign(NOON + 23 * HOUR, SignKind::Motion), sign(NOON + 22 * HOUR, SignKind::Use), other(NOON + 29 * HOUR)];
    after.carry_on(late, &[(Agreed(5), 1)], &[mark, other(NOON)], &since).unwrap();
    assert_eq!(after.tick(late).unwrap().effects, []);
    assert_eq!(after.engine().known(5).map(|known| known.since), Some(NOON + 23 * HOUR));
    assert_eq!((after.engine().known(6), after.engine().watched()), (None, 1), "of nobody who did not agree");
    // Of whom there is no mark the signs count all the same; somebody of whom nothing at all is known is counted from now.
    let heard = Sign { slot: 8, ..sign(NOON + 20 * HOUR, SignKind::Use) };
    after.carry_on(late, &[(Agreed(8), 1)], &[], &[heard]).unwrap();
    assert_eq!(after.engine().known(8).map(|known| known.since), Some(NOON + 20 * HOUR));
    after.carry_on(late, &[(Agreed(7), 1)], &[], &[]).unwrap();
    assert_eq!(after.engine().known(7).map(|known| known.since), Some(late));
}

/// A watch that comes back to people whom it knew takes what is later, and forgets absences that it knew of.
#[test]
fn what_is_known_from_a_later_second_stays() {
    let (_folder, mut watch) = on_disk();
    watch.command(NOON, Command::enrol(&Agreed(5), 1)).unwrap();
    watch.step(NOON + 2 * HOUR, &[sign(NOON + 2 * HOUR, SignKind::Use)]).unwrap();
    let since =
        |watch: &Watch<Folder>| watch.engine().known(5).map(|known| (known.pack, known.since, known.away, known.in_hospital));
    watch.carry_on(NOON + 3 * HOUR, &[(Agreed(5), 2)], &[sign(NOON + HOUR, SignKind::In)], &[]).unwrap();
    assert_eq!(since(&watch), Some((2, NOON + 2 * HOUR, false, false)));
    watch.command(NOON + 4 * HOUR, Command::away(5, NOON + 90 * HOUR)).unwrap();
    watch.command(NOON + 4 * HOUR, Command::in_hospital(5, true)).unwrap();
    watch.carry_on(NOON + 6 * HOUR, &[(Agreed(5), 2)], &[sign(NOON + 5 * HOUR, SignKind::In)], &[]).unwrap();
    assert_eq!(since(&watch), Some((2, NOON + 5 * HOUR, false, false)));
    // An alarm that was open here is over when a sign came elsewhere.
    let alarm = watch.tick(NOON + 40 * HOUR).unwrap().effects;
    assert_eq!(alarm.len(), 1);
    let cleared = watch.carry_on(NOON + 41 * HOUR, &[(Agreed(5), 2)], &[sign(NOON + 39 * HOUR, SignKind::In)], &[]).unwrap();
    assert_eq!(tasks(&cleared), [Task::Cleared { id: id(NOON + 5 * HOUR), relief: Relief::Sign(NOON + 39 * HOUR) }]);
    // Whoever withdrew here and is not erased yet is taken over later.
    watch.command(NOON + 42 * HOUR, Command::withdraw(5)).unwrap();
    assert!(watch.carry_on(NOON + 42 * HOUR, &[(Agreed(5), 2)], &[], &[]).is_err_and(|error| error.passes()));
}

/// Whoever was last seen well some hours before the consent was entered is counted from then, and never from a time to come.
#[test]
fn silence_is_counted_from_when_somebody_was_last_seen() {
    let seen = |since| {
        let mut engine = Engine::new(config(), &packs()).unwrap();
        engine.command(NOON, Command::enrol_seen(&Agreed(5), 1, since)).unwrap();
        engine
    };
    let (since, deadline) = (NOON - 23 * HOUR, NOON + HOUR);
    let mut engine = seen(since);
    assert_eq!(engine.step(deadline - 1, &[]).1, []);
    let alarm = Task::Alarm { id: id(since), silence: Silence::NoSign, deadline };
    assert_eq!(tasks(&engine.step(deadline, &[]).1), [alarm]);
    assert_eq!(seen(NOON - 2 * DAY).step(NOON + 1, &[]).1.len(), 1, "due already, raised at once");
    let mut ahead = seen(NOON + DAY);
    assert_eq!(ahead.step(NOON + DAY - 1, &[]).1, []);
    assert_eq!(ahead.step(NOON + DAY, &[]).1.len(), 1, "counted from now, not from tomorrow");
}

#[test]
fn a_silent_day_is_one_alarm_in_the_second_of_its_deadline() {
    let mut engine = watching(1);
    assert_eq!(engine.step(NOON + DAY - 1, &[]).1, []);
    let (_, effects) = engine.step(NOON + DAY, &[]);
    assert_eq!(tasks(&effects), [Task::Alarm { id: id(NOON), silence: Silence::NoSign, deadline: NOON + DAY }]);
    assert_eq!(effects[0].number, 1);
    assert_eq!(engine.step(NOON + 9 * DAY, &[]).1, [], "once");
}

#[test]
fn a_sign_in_the_second_of_the_deadline_counts() {
    let mut engine = watching(1);
    let (judged, effects) = engine.step(NOON + DAY, &[sign(NOON + DAY, SignKind::Use)]);
    assert_eq!((judged.taken, effects.len()), (1, 0));
    assert_eq!(engine.known(5).unwrap().deadline, Some(NOON + 2 * DAY));
}

#[test]
fn a_late_sign_counts_from_when_it_happened_and_may_end_an_alarm() {
    let mut engine = watching(1);
    engine.step(NOON + DAY, &[]);
    let heard = NOON + 20 * HOUR;
    let (_, effects) = engine.step(NOON + DAY + HOUR, &[sign(heard, SignKind::Use)]);
    assert_eq!(tasks(&effects), [Task::Cleared { id: id(NOON), relief: Relief::Sign(heard) }]);
    let (_, effects) = engine.step(heard + DAY, &[]);
    assert_eq!(tasks(&effects), [Task::Alarm { id: id(heard), silence: Silence::NoSign, deadline: heard + DAY }]);
}

#[test]
fn every_sign_that_does_not_count_is_counted_by_why() {
    let mut engine = watching(2);
    engine.step(NOON + HOUR, &[sign(NOON + HOUR, SignKind::In)]);
    let signs = [
        sign(NOON + HOUR, SignKind::In),                       // repeated
        sign(NOON + HOUR - 1, SignKind::Out),                  // older than what is known
        sign(NOON - DAY, SignKind::In),                        // from before the enrolment
        sign(NOON + 2 * HOUR + 301, SignKind::In),             // too far ahead
        sign(NOON + 2 * HOUR, SignKind::Motion),               // only the door was agreed
        sign(NOON + 2 * HOUR, SignKind::Door),                 // which way is not known
        Sign { slot: 6, at: NOON, kind: SignKind::In },        // nobody
        Sign { slot: u32::MAX, at: NOON, kind: SignKind::In }, // no such number
    ];
    let (judged, _) = engine.step(NOON + 2 * HOUR, &signs);
    assert_eq!(judged, Judged { taken: 0, without_consent: 2, future: 1, no_news: 3, while_away: 0, not_asked_for: 2 });
    assert_eq!(engine.known(5).unwrap().since, NOON + HOUR);
    let (judged, _) = engine.step(NOON + 2 * HOUR, &[sign(NOON + 2 * HOUR + 300, SignKind::In)]);
    assert_eq!((judged.taken, engine.known(5).unwrap().since), (1, NOON + 2 * HOUR), "a little ahead is now");
}

#[test]
fn whoever_is_out_has_longer_and_the_last_crossing_says_who_is_out() {
    let mut engine = watching(2);
    let (out, back) = (NOON + HOUR, NOON + 3 * HOUR);
    engine.step(back, &[sign(back, SignKind::In), sign(out, SignKind::Out)]);
    assert!(!engine.known(5).unwrap().out, "the wrong order changes nothing");
    engine.step(back + 60, &[sign(back + 60, SignKind::Out)]);
    assert_eq!(engine.known(5).unwrap().deadline, Some(back + 60 + 2 * DAY));
    let (_, effects) = engine.step(back + 60 + 2 * DAY, &[]);
    assert!(matches!(effects[0].task, Task::Alarm { silence: Silence::NotComeBack, .. }));
}

#[test]
fn quiet_hours_end_before_anybody_is_knocked_up() {
    let mut engine = watching(3);
    let seven = NOON + 19 * HOUR;
    assert_eq!(engine.step(seven - 1, &[]).1, [], "noon and twelve hours are midnight");
    assert_eq!(tasks(&engine.step(seven, &[]).1), [Task::Alarm { id: id(NOON), silence: Silence::NoSign, deadline: seven }]);
}

#[test]
fn away_hospital_and_silent_devices_raise_nothing_and_begin_anew() {
    let mut engine = watching(1);
    let until = NOON + 5 * DAY;
    engine.command(NOON, Command::away(5, until)).unwrap();
    let (judged, effects) = engine.step(NOON + 3 * DAY, &[sign(NOON + 3 * DAY, SignKind::Door)]);
    assert_eq!((judged.while_away, effects.len()), (1, 0));
    engine.command(NOON + 4 * DAY, Command::back(5)).unwrap();
    assert_eq!(engine.known(5).unwrap().deadline, Some(NOON + 5 * DAY));
    for (on, off) in
        [(Command::in_hospital(5, true), Command::in_hospital(5, false)), (Command::unheard(5, true), Command::unheard(5, false))]
    {
        let from = engine.now();
        engine.command(from, on).unwrap();
        assert_eq!(engine.known(5).unwrap().deadline, None);
        assert_eq!(engine.step(from + 9 * DAY, &[]).1, []);
        engine.command(from + 9 * DAY, off).unwrap();
        assert_eq!(engine.known(5).unwrap().deadline, Some(from + 10 * DAY));
    }
    let end = engine.now() + DAY;
    assert_eq!(engine.step(end, &[]).1.len(), 1);
    let effects = engine.command(end, Command::in_hospital(5, true)).unwrap();
    assert!(matches!(effects[0].task, Task::Cleared { relief: Relief::InHospital, .. }));
}

#[test]
fn after_the_withdrawal_nothing_is_known_and_signs_are_only_counted() {
    let mut engine = watching(1);
    engine.command(NOON, Command::learn_routine(&Agreed(5))).unwrap();
    engine.command(NOON + 1, Command::withdraw(5)).unwrap();
    assert_eq!((engine.known(5), engine.usual(5), engine.watched()), (None, None, 0));
    let (judged, effects) = engine.step(NOON + 40 * DAY, &[sign(NOON + 40 * DAY, SignKind::Seen)]);
    assert_eq!((judged.without_consent, effects.len()), (1, 0));
}

#[test]
fn somebody_with_a_routine_is_asked_once_when_well_past_the_usual_hour() {
    let mut engine = watching(4);
    engine.command(NOON, Command::learn_routine(&Agreed(5))).unwrap();
    let six = NOON - 6 * HOUR;
    for day in 1..20 {
        let up = six + day * DAY + 300;
        assert_eq!(engine.step(up, &[sign(up, SignKind::Use)]).1, []);
        let evening = up + 14 * HOUR;
        assert_eq!(engine.step(evening, &[sign(evening, SignKind::Motion)]).1, []);
    }
    // Up in the third hour since four; asked an hour after its end.
    let (due, begin) = (six + 20 * DAY + 2 * HOUR, six + 20 * DAY - 2 * HOUR);
    assert_eq!(engine.step(due - 1, &[]).1, []);
    assert_eq!(engine.usual(5), Some(Usual::Hours { usual: 2, late: 2, ask_after: 4 * HOUR }));
    let question = AlarmId { slot: 5, since: begin, question: true };
    assert_eq!(tasks(&engine.step(due, &[]).1), [Task::SoftQuestion { id: question, due }]);
    assert_eq!(engine.step(due + 3 * HOUR, &[]).1, [], "once");
    let (_, effects) = engine.step(due + 4 * HOUR, &[sign(due + 4 * HOUR, SignKind::Use)]);
    assert_eq!(tasks(&effects), [Task::Cleared { id: question, relief: Relief::Sign(due + 4 * HOUR) }]);
}

#[test]
fn a_step_looks_at_so_many_and_says_that_there_are_more() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { looks_per_step: 4, segment_bytes: 64 << 10, spare_segments: 0, ..config() };
    let mut watch = Watch::open(Folder::open(folder.path()).unwrap(), config, &packs()).unwrap();
    watch.commands(NOON, &(0..10).map(|slot| Command::enrol(&Agreed(slot), 1)).collect::<Vec<_>>()).unwrap();
    let mut raised = Vec::new();
    let mut steps = 0;
    loop {
        let passed = watch.tick(NOON + DAY).unwrap();
        assert!(passed.effects.len() <= 4);
        raised.extend(passed.effects);
        steps += 1;
        if !passed.more {
            break;
        }
    }
    assert!(steps >= 3);
    let numbers: Vec<u64> = raised.iter().map(|effect| effect.number).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());

    // What is not confirmed is handed out again by the next process, under the same numbers.
    watch.confirm(7).unwrap();
    drop(watch);
    let mut watch = Watch::open(Folder::open(folder.path()).unwrap(), config, &packs()).unwrap();
    assert_eq!(watch.undelivered().collect::<Vec<_>>(), raised[7..]);
    assert_eq!(watch.tick(NOON + DAY + 1).unwrap().effects, [], "and not raised again");
    watch.confirm(10).unwrap();
    assert_eq!(watch.undelivered().count(), 0);
}

#[test]
fn after_a_stop_alarms_wait_for_what_devices_kept() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { segment_bytes: 64 << 10, spare_segments: 0, ..Config::for_slots(16) };
    let open = || Watch::open(Folder::open(folder.path()).unwrap(), config, &packs()).unwrap();
    let mut watch = open();
    watch.commands(NOON, &[Command::enrol(&Agreed(5), 1), Command::enrol(&Agreed(6), 1)]).unwrap();
    drop(watch);
    let mut watch = open();
    let back = NOON + 3 * DAY;
    assert_eq!(watch.tick(back).unwrap().effects, []);
    assert_eq!(watch.engine().clock(), Clock::Settling(back + 600));
    watch.step(back + 300, &[sign(back - HOUR, SignKind::Use)]).unwrap();
    let effects = watch.tick(back + 600).unwrap().effects;
    let six = AlarmId { slot: 6, since: NOON, question: false };
    assert_eq!(
        tasks(&effects),
        [Task::Alarm { id: six, silence: Silence::NoSign, deadline: NOON + DAY }],
        "5 was heard meanwhile"
    );
}
