//! Cases of an invented hotline, as the file that any other system could hand over: the states that no page
//! leads to yet, and those that are over so soon that the script may leave none in them.

use linli_kernel::Ts;
use serde::Deserialize;

use super::super::dice::Dice;
use super::super::tables::{Out, table};
use super::super::{Demo, DemoError};
use super::life::{DAY, midnight};
use super::places::Places;

/// The texts as they are written down in `hotline.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    group: Vec<Group>,
}

/// Cases in one state.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    /// Word of the state.
    state: String,
    /// What the hotline calls it.
    status: String,
    /// Days ago that they were reported, from and to.
    days: [i64; 2],
    /// Days until they are due.
    due: i64,
    /// Whether they have ended.
    #[serde(default)]
    ended: bool,
    /// Class and words of each.
    cases: Vec<(String, String)>,
}

impl Demo {
    /// The file of cases that the hotline hands over at `end`.
    ///
    /// # Errors
    /// When the texts that come with the program cannot be read.
    pub fn hotline(&self, end: Ts) -> Result<String, DemoError> {
        let texts: Texts = toml::from_str(include_str!("../hotline.toml")).map_err(|e| DemoError::Texts(e.to_string()))?;
        table(|out| self.hotline_rows(out, &texts, end))
    }

    fn hotline_rows(&self, out: &mut Out, texts: &Texts, end: Ts) -> csv::Result<()> {
        let dice = Dice::new(self.seed, "hotline");
        let places = Places::of(self, &dice);
        out.write_record([
            "external_id",
            "place",
            "class",
            "description",
            "status",
            "state",
            "reported_at",
            "due_at",
            "closed_at",
            "lon",
            "lat",
            "source",
        ])?;
        let cases = texts.group.iter().flat_map(|group| group.cases.iter().map(move |case| (group, case)));
        for (number, (group, (class, words))) in (1..).zip(cases) {
            let Some(scene) = places.scene(true, &dice) else { continue };
            let [from, to] = group.days;
            // Before today began, whatever the hour of the end.
            let at = midnight(end).plus_secs(dice.between(7 * 3_600, 20 * 3_600) - dice.between(from, to) * DAY);
            let ended = group.ended.then(|| at.plus_secs(dice.between(20, 180) * 60));
            let estate = self.estates.iter().find(|estate| scene.place.split('/').next() == Some(estate.code.as_str()));
            let point =
                |of: fn(&super::super::estates::Estate) -> f64| estate.map(|e| format!("{:.7}", of(e))).unwrap_or_default();
            out.write_record([
                format!("YS-{number:04}").as_str(),
                &scene.place,
                class,
                words,
                &group.status,
                &group.state,
                &at.rfc3339(),
                &at.plus_secs(group.due * DAY).rfc3339(),
                &ended.map(Ts::rfc3339).unwrap_or_default(),
                &point(|e| e.lon),
                &point(|e| e.lat),
                "phone",
            ])?;
        }
        Ok(())
    }
}
