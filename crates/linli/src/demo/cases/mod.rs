//! Two months of reports and what became of them, as a script: who did what, when. The script is played through the real
//! router under a clock that follows it.

mod hotline;
mod life;
mod places;
mod texts;
mod weather;

use linli_kernel::Ts;

use super::dice::Dice;
use super::photo::{Photo, Shows, VARIANTS};
use super::{Demo, DemoError};
use life::Life;
use places::Places;
use texts::{Class, Texts};
use weather::Day;

pub use hotline::{CLASSES, UNITS};

/// Length of the script in days, the day of the end included.
pub const DAYS: usize = 61;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoEvent {
    /// When.
    pub at: Ts,
    /// Which report of the script it is about, counted from 0 in the order in which they were made.
    pub case: usize,
    /// Who did it.
    pub who: Who,
    /// What.
    pub what: What,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The resident, without an account: from the board's page or by the private link of the report.
    Reporter,
    /// Somebody of the staff.
    Staff {
        /// Natural key of the person.
        person_code: String,
        /// Word of the role under which they act; the appointment is the one of this role that reaches the place.
        role: &'static str,
    },
}

/// What they did.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Reported it.
    Report(Report),
    /// The desk gave it to somebody.
    Assign {
        /// Natural key of the person who gets it.
        to: String,
        /// Word of the role under which they get it.
        role: &'static str,
    },
    /// Took it.
    Take,
    /// Said that it is done, with a photo of the result or a reason why there is none.
    Finish {
        /// What was done.
        note: String,
        /// The photo.
        photo: Option<Photo>,
        /// Why there is none.
        no_photo_because: Option<String>,
    },
    /// Said that it is fixed: the reporter by the private link, or the desk that was told so on the telephone.
    Confirm,
    /// Said that it is not.
    NotFixed {
        /// In their words.
        words: String,
    },
    /// Found that it was none.
    Void {
        /// Why.
        reason: String,
    },
}

/// How a report came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// By the page behind the board's code, without an account.
    Web,
    /// Told to the duty desk on the telephone.
    Phone,
    /// Told to staff at the door.
    Doorstep,
    /// Found on a walk through the estate.
    Patrol,
}

/// A report.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Key of the place: `XW0001` or `XW0001/3栋/2单元`.
    pub place: String,
    /// Code of the class.
    pub class: String,
    /// What it says.
    pub description: String,
    /// How it came in.
    pub channel: Channel,
    /// A number to be called back on, which cannot be dialled.
    pub phone: Option<String>,
    /// A photo.
    pub photo: Option<Photo>,
}

impl Demo {
    /// The script of the two months before `end`, ordered by time: this many reports and everything that happened to them until
    /// then. What had not happened by then is left undone, so that cases are left in the states that the pages lead to: reported,
    /// handling, awaiting confirmation, closed, void, now and then dispatched and reopened. The others come from [`Demo::hotline`].
    ///
    /// # Errors
    /// When the texts that come with the program cannot be read.
    pub fn script(&self, end: Ts, reports: usize) -> Result<Vec<DemoEvent>, DemoError> {
        let texts = Texts::load()?;
        let dice = Dice::new(self.seed, "cases");
        let days = weather::draw(DAYS, &dice);
        let places = Places::of(self, &dice);
        let mut events = Vec::new();
        for (case, (at, day)) in moments(end, reports, &days, &dice).into_iter().enumerate() {
            let class = texts.class(day, &dice);
            let Some(scene) = places.scene(class.indoors, &dice) else { continue };
            events.extend(Life { case, at, class, texts: &texts, scene: &scene, demo: self, dice: &dice }.lived());
        }
        events.retain(|e| e.at <= end);
        events.sort_by_key(|e| (e.at, e.case));
        Ok(events)
    }
}

/// When the reports are made: more on days of rain, mostly while people are up and about. In order.
fn moments(end: Ts, reports: usize, days: &[Day], dice: &Dice) -> Vec<(Ts, Day)> {
    let begin = end.plus_secs(-i64::try_from(days.len()).unwrap_or(0) * life::DAY);
    let weights: Vec<usize> = days.iter().map(|d| d.busy()).collect();
    let mut moments: Vec<(Ts, Day)> = (0..reports)
        .filter_map(|_| {
            let index = dice.weighted(&weights);
            let day = *days.get(index)?;
            let midnight = life::midnight(begin.plus_secs(i64::try_from(index + 1).unwrap_or(0) * life::DAY));
            let hour = i64::try_from(dice.weighted(&HOURS)).unwrap_or(12);
            let at = midnight.plus_secs(hour * 3_600 + dice.between(0, 3_599));
            // The last day is only as long as the end allows.
            Some(if at.0 < end.0 { (at, day) } else { (end.plus_secs(-dice.between(60, 7_200)), day) })
        })
        .collect();
    moments.sort_by_key(|(at, _)| *at);
    moments
}

/// How many reports come in each hour of the day, from midnight.
const HOURS: [usize; 24] = [1, 1, 0, 0, 1, 2, 6, 14, 18, 16, 14, 11, 9, 8, 9, 11, 11, 13, 17, 18, 15, 11, 6, 3];

fn photo(dice: &Dice, shows: Shows, class: &Class) -> Photo {
    let variant = u8::try_from(dice.below(usize::from(VARIANTS))).unwrap_or(0);
    Photo { shows, hue: class.hue(), variant }
}
