//! The life of one report.

use linli_kernel::Ts;

use super::super::Demo;
use super::super::dice::Dice;
use super::super::names::unreal_phone;
use super::super::photo::Shows;
use super::places::{Actor, Scene};
use super::texts::{Class, FirstOwner, Texts};
use super::{Channel, DemoEvent, Report, What, Who, photo};

/// Seconds of a day.
pub const DAY: i64 = 86_400;
/// Beijing is eight hours ahead, without daylight saving since 1991.
const AHEAD: i64 = 8 * 3_600;

/// The beginning of the day in Beijing.
pub fn midnight(at: Ts) -> Ts {
    let seconds = at.0.div_euclid(1_000_000) + AHEAD;
    Ts((seconds - seconds.rem_euclid(DAY) - AHEAD) * 1_000_000)
}

/// Itself when staff are at work then, otherwise some time after they begin.
fn at_work(at: Ts, from_hour: i64, to_hour: i64, dice: &Dice) -> Ts {
    let today = midnight(at);
    let hour = at.secs_since(today) / 3_600;
    let begins = from_hour * 3_600 + dice.between(60, 2_400);
    match hour {
        h if h < from_hour => today.plus_secs(begins),
        h if h < to_hour => at,
        _ => today.plus_secs(DAY + begins),
    }
}

/// What becomes of it in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was none.
    Void,
    /// Nobody ever took it.
    Forgotten,
    /// Taken, and then it lay.
    Stuck,
    /// Done and confirmed.
    Confirmed,
    /// Done, and the reporter never said anything.
    Silent,
    /// Not good enough the first time.
    NotFixed,
}

impl Fate {
    fn draw(dice: &Dice) -> Self {
        match dice.weighted(&[3, 1, 3, 65, 19, 9]) {
            0 => Self::Void,
            1 => Self::Forgotten,
            2 => Self::Stuck,
            3 => Self::Confirmed,
            4 => Self::Silent,
            _ => Self::NotFixed,
        }
    }
}

/// One report and its circumstances.
#[derive(Debug)]
pub struct Life<'a> {
    /// Its number in the script.
    pub case: usize,
    /// When it was made.
    pub at: Ts,
    /// Its class.
    pub class: &'a Class,
    /// All texts.
    pub texts: &'a Texts,
    /// Where.
    pub scene: &'a Scene,
    /// The district.
    pub demo: &'a Demo,
    /// Chance.
    pub dice: &'a Dice,
}

impl Life<'_> {
    /// Everything that happens to it, however long it takes.
    pub fn lived(&self) -> Vec<DemoEvent> {
        let fate = Fate::draw(self.dice);
        let channel = self.channel();
        let mut events = vec![self.reported(channel)];
        if fate == Fate::Forgotten {
            return events;
        }
        if fate == Fate::Void {
            let at = at_work(self.at.plus_secs(self.dice.between(20, 300) * 60), 8, 18, self.dice);
            let reason = self.say(&self.class.voided);
            events.push(self.event(at, self.staff(self.scene.desk), What::Void { reason }));
            return events;
        }
        let (owner, taken) = self.taken(&mut events);
        if fate == Fate::Stuck {
            // What the desk handed on was never taken by the one who got it.
            if events.iter().any(|e| matches!(e.what, What::Assign { .. })) {
                events.pop();
            }
            return events;
        }
        let done = self.finished(taken, owner, &mut events);
        match fate {
            Fate::Confirmed => events.push(self.answered(done, channel, owner, What::Confirm)),
            Fate::NotFixed => self.again(done, channel, owner, &mut events),
            Fate::Void | Fate::Forgotten | Fate::Stuck | Fate::Silent => {}
        }
        events
    }

    fn channel(&self) -> Channel {
        match self.dice.weighted(&[64, 21, 8, 7]) {
            0 => Channel::Web,
            1 => Channel::Phone,
            // What nobody sees, nobody finds on a walk.
            3 if self.class.photo >= 10 => Channel::Patrol,
            _ => Channel::Doorstep,
        }
    }

    fn reported(&self, channel: Channel) -> DemoEvent {
        let (who, opening): (Who, &[String]) = match channel {
            Channel::Web => (Who::Reporter, &[]),
            Channel::Phone => (self.staff(self.scene.desk), &self.texts.common.phone_calls),
            Channel::Doorstep => (self.staff(self.scene.steward), &self.texts.common.doorstep),
            Channel::Patrol => (self.staff(self.scene.grid), &self.texts.common.patrol),
        };
        let told = self.say(&self.class.reports);
        let carries = channel != Channel::Phone && self.dice.chance(self.class.photo);
        let leaves_number = match channel {
            Channel::Phone => true,
            Channel::Web => self.dice.chance(38),
            Channel::Doorstep | Channel::Patrol => false,
        };
        let report = Report {
            place: self.scene.place.clone(),
            class: self.class.code.clone(),
            description: format!("{}{told}", self.dice.word(opening)),
            channel,
            // Above the staff's own numbers.
            phone: leaves_number.then(|| unreal_phone(5_000 + self.case % 4_000)),
            photo: carries.then(|| photo(self.dice, Shows::Fault, self.class)),
        };
        self.event(self.at, who, What::Report(report))
    }

    /// Who takes it, and when; the desk hands on about half of what it is asked first.
    fn taken(&self, events: &mut Vec<DemoEvent>) -> (Actor, Ts) {
        let urgent = self.class.owner == FirstOwner::Desk;
        let seen = self.at.plus_secs(self.dice.between(3, 40) * 60);
        let owner = match self.class.owner {
            FirstOwner::Steward => self.scene.steward,
            FirstOwner::Grid => self.scene.grid,
            FirstOwner::Manager => self.scene.manager,
            FirstOwner::Desk if self.scene.desk == self.scene.manager || self.dice.chance(45) => self.scene.desk,
            FirstOwner::Desk => {
                let to = self.code(self.scene.steward.person);
                let assign = What::Assign { to, role: self.scene.steward.role };
                events.push(self.event(seen, self.staff(self.scene.desk), assign));
                self.scene.steward
            }
        };
        let later = if urgent { self.dice.between(4, 45) } else { self.dice.between(5, 200) };
        let at = seen.plus_secs(later * 60);
        // The desk never sleeps; the others begin at half past seven or so.
        let at = if urgent && owner == self.scene.desk { at } else { at_work(at, 7, 21, self.dice) };
        events.push(self.event(at, self.staff(owner), What::Take));
        (owner, at)
    }

    /// One in nine waits for a part, a dry day or a firm, and so runs over its time.
    fn finished(&self, taken: Ts, owner: Actor, events: &mut Vec<DemoEvent>) -> Ts {
        let [from, to] = self.class.minutes;
        let mut minutes = self.dice.between(from, to);
        if self.dice.chance(11) {
            minutes += self.dice.between(2, 9) * 1_440;
        }
        let at = at_work(taken.plus_secs(minutes * 60), 8, 20, self.dice);
        let shown = self.dice.chance(78);
        let what = What::Finish {
            note: self.say(&self.class.done),
            photo: shown.then(|| photo(self.dice, Shows::Result, self.class)),
            no_photo_because: (!shown).then(|| self.dice.word(&NO_PHOTO).to_owned()),
        };
        events.push(self.event(at, self.staff(owner), what));
        at
    }

    /// The reporter answers by the link; for those without one the desk calls and notes the answer, but never the one who did
    /// the work.
    fn answered(&self, after: Ts, channel: Channel, owner: Actor, what: What) -> DemoEvent {
        let at = at_work(after.plus_secs(self.dice.between(20, 2_600) * 60), 7, 22, self.dice);
        let who = if channel == Channel::Web {
            Who::Reporter
        } else {
            let desks = [self.scene.caller, self.scene.manager, self.scene.desk];
            let other = desks.into_iter().find(|a| a.person != owner.person);
            other.map_or(Who::Reporter, |a| self.staff(a))
        };
        self.event(at, who, what)
    }

    /// "Not fixed": it is open again, and somebody goes once more. Who is one level up looks after every third of them himself.
    fn again(&self, done: Ts, channel: Channel, owner: Actor, events: &mut Vec<DemoEvent>) {
        let words = self.say(&self.class.not_fixed);
        let denied = self.answered(done, channel, owner, What::NotFixed { words });
        let reopened = denied.at;
        events.push(denied);
        if self.dice.chance(8) {
            return;
        }
        let second = if self.dice.chance(34) { self.scene.manager } else { owner };
        let taken = at_work(reopened.plus_secs(self.dice.between(10, 240) * 60), 8, 20, self.dice);
        events.push(self.event(taken, self.staff(second), What::Take));
        let done = self.finished(taken, second, events);
        if self.dice.chance(80) {
            events.push(self.answered(done, channel, second, What::Confirm));
        }
    }

    fn say(&self, templates: &[String]) -> String {
        self.texts.say(self.class, templates, self.scene.floors, self.dice)
    }

    fn event(&self, at: Ts, who: Who, what: What) -> DemoEvent {
        DemoEvent { at, case: self.case, who, what }
    }

    fn staff(&self, actor: Actor) -> Who {
        Who::Staff { person_code: self.code(actor.person), role: actor.role }
    }

    fn code(&self, person: usize) -> String {
        self.demo.staff.persons.get(person).map(|p| p.code.clone()).unwrap_or_default()
    }
}

/// Why there is no photo of a result.
const NO_PHOTO: [&str; 5] =
    ["沟通类事项，无可拍摄结果", "涉及住户室内，未拍照", "夜间光线不足，已由居民现场查看", "电话答复", "现场有其他居民，未拍照"];
