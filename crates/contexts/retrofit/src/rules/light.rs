//! What a shaft takes from the windows (日照与采光): a plan in centimetres, handed to the library `sun`, and its answers by window. An estimate for consultation.

use linli_rulebook::Contradiction;
use linli_sun::{Block, Counting, Plan, Sampling, Sight, Spot, SunError, Window};
use serde::{Deserialize, Serialize};

use crate::model::Box3;

/// The id of the pack.
pub const ID: &str = "retrofit.light";

/// A day on which sun is counted (计算日).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Its word.
    pub id: String,
    zh: String,
    en: String,
    /// Thousandths of a degree.
    pub declination_mdeg: i32,
    /// From which minute of true solar time.
    pub open_min: u32,
    /// Until which minute.
    pub close_min: u32,
    /// Spells shorter than this are left out, minutes.
    pub shortest_min: u32,
    /// How much sun is asked for, minutes.
    pub required_min: u32,
}

impl Day {
    /// The day in a language.
    #[must_use]
    pub fn text(&self, lang: &str) -> &str {
        if lang == "en" { &self.en } else { &self.zh }
    }

    /// Degrees.
    #[must_use]
    pub fn declination_deg(&self) -> f64 {
        f64::from(self.declination_mdeg) / 1_000.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    zone: String,
    latitude_e4: i32,
    sill_cm: i32,
    step_s: u32,
    grazing_deg: u16,
    spacing_cm: u16,
    sky_floor_permille: i64,
    sky_ratio_permille: i64,
    day: Vec<Day>,
}

/// The pack, read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Body")]
pub struct LightRules(Body);

impl TryFrom<Body> for LightRules {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        if !(1..=60).contains(&body.step_s) {
            return refuse("the sun is tried every minute at least");
        }
        if body.day.is_empty() || body.day.iter().any(|day| day.open_min >= day.close_min || day.close_min > 1_440) {
            return refuse("the hours of a day follow one another");
        }
        if body.day.iter().any(|day| !(-23_500..=23_500).contains(&day.declination_mdeg)) {
            return refuse("the declination lies between the tropics");
        }
        if body.grazing_deg >= 90 || !(5..=1_000).contains(&body.spacing_cm) || !(0..=900_000).contains(&body.latitude_e4.abs()) {
            return refuse("an angle, a distance or the latitude is not possible");
        }
        Ok(Self(body))
    }
}

impl LightRules {
    /// The days.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.0.day
    }

    /// Where it counts, in hundred-hundredths of a degree, unless the plan says where it is.
    #[must_use]
    pub const fn latitude_e4(&self) -> i32 {
        self.0.latitude_e4
    }

    /// The climate zone (气候区).
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.0.zone
    }

    fn counting(&self, day: &Day) -> Counting {
        Counting {
            open_s: day.open_min * 60,
            close_s: day.close_min * 60,
            step_s: self.0.step_s,
            shortest_spell_s: day.shortest_min * 60,
            grazing_deg: f64::from(self.0.grazing_deg),
            sampling: Sampling::WholeSill { spacing_m: f64::from(self.0.spacing_cm) / 100.0 },
        }
    }

    /// Whether most people would notice the loss of daylight: below the floor, and less than the ratio of what it was (BRE 209).
    #[must_use]
    pub fn noticed(&self, before_permille: i64, after_permille: i64) -> bool {
        after_permille < self.0.sky_floor_permille && after_permille * 1_000 < before_permille * self.0.sky_ratio_permille
    }
}

/// A column of windows of the building, one on each of some floors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Which home of the floor it belongs to, from 1; 0 for the stairs.
    pub door: i64,
    /// In which wall: `S` front, `N` back, `E` right, `W` left (as one stands before the front).
    pub wall: char,
    /// Where its middle is: from the left along front and back, from the front along the sides, cm.
    pub at: i32,
    /// How wide, cm.
    pub width: i32,
    /// From which floor.
    pub from: i64,
    /// To which floor.
    pub to: i64,
}

/// The plan of a stairwell (平面), centimetres; x to the right and y backwards from the left front corner of the building.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawing {
    /// By how many degrees the front is turned from south, to the west positive.
    pub turn: i32,
    /// Latitude, ten-thousandths of a degree; the rule's where it is not known.
    #[serde(default)]
    pub latitude_e4: Option<i32>,
    /// Height of a floor.
    pub storey: i32,
    /// The building in parts; the windows are in the walls of the first.
    pub building: Vec<Box3>,
    /// What stands around it.
    pub around: Vec<Box3>,
    /// An outline that was brought in; it takes the place of `building`, whose first part is then what it spans.
    #[serde(default)]
    pub footprint: Vec<(i32, i32)>,
    /// How high the outline is.
    #[serde(default)]
    pub footprint_h: i32,
    /// Its windows.
    pub windows: Vec<Column>,
}

/// The most windows and blocks that are computed at once.
pub const MOST: usize = 400;

/// A window of a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Where {
    /// The home of the floor.
    pub door: i64,
    /// The floor.
    pub floor: i64,
    /// The wall.
    pub wall: char,
}

fn metres(cm: i32) -> f64 {
    f64::from(cm) / 100.0
}

impl Drawing {
    /// A spot of the drawing on the ground: turned, with x to the east and y to the north.
    fn spot(&self, x: i32, y: i32) -> Spot {
        let (sin, cos) = f64::from(self.turn).to_radians().sin_cos();
        let (x, y) = (metres(x), metres(y));
        // Clockwise seen from above, so that a front that looked south looks to the west of it.
        Spot { x: x * cos + y * sin, y: y * cos - x * sin }
    }

    fn block(&self, one: &Box3) -> Result<Block, SunError> {
        let corners = [(one.x, one.y), (one.x + one.w, one.y), (one.x + one.w, one.y + one.d), (one.x, one.y + one.d)];
        Block::new(corners.iter().map(|(x, y)| self.spot(*x, *y)).collect(), metres(one.z), metres(one.h))
    }

    fn blocks(&self, boxes: &[Box3]) -> Result<Vec<Block>, SunError> {
        boxes.iter().map(|one| self.block(one)).collect()
    }

    /// The building: its outline where one was brought in, its parts otherwise.
    fn house(&self) -> Result<Vec<Block>, SunError> {
        if self.footprint.is_empty() {
            return self.blocks(&self.building);
        }
        let spots = self.footprint.iter().map(|(x, y)| self.spot(*x, *y)).collect();
        Ok(vec![Block::new(spots, 0.0, metres(self.footprint_h))?])
    }

    /// The part whose walls have the windows: the first one, or what the outline spans.
    #[must_use]
    pub fn front(&self) -> Box3 {
        let one = self.building.first().copied();
        one.unwrap_or(Box3 { x: 0, y: 0, w: 0, d: 0, z: 0, h: 0 })
    }

    /// Where the outermost wall of an outline stands on a line across it (`upright`: a line from front to back); `otherwise` without an outline.
    fn wall(&self, otherwise: i32, (at, upright): (i32, bool), outer: fn(i32, i32) -> i32) -> i32 {
        let turned = |(x, y): (i32, i32)| if upright { (x, y) } else { (y, x) };
        let sides = self.footprint.iter().copied().zip(self.footprint.iter().copied().cycle().skip(1));
        let crossing = |(one, other): ((i32, i32), (i32, i32))| {
            let ((a, p), (b, q)) = (turned(one), turned(other));
            if (a <= at) == (b <= at) {
                return None;
            }
            let (a, b, p, q, at) = (i64::from(a), i64::from(b), i64::from(p), i64::from(q), i64::from(at));
            i32::try_from(p + (q - p) * (at - a) / (b - a)).ok()
        };
        sides.filter_map(crossing).reduce(outer).unwrap_or(otherwise)
    }

    /// The windows, floor by floor.
    fn windows(&self, sill_cm: i32) -> Vec<(Where, Window)> {
        let part = self.front();
        let mut all = Vec::new();
        for column in &self.windows {
            let (along, across) = (part.x + column.at, part.y + column.at);
            let (x, y, facing) = match column.wall {
                'N' => (along, self.wall(part.y + part.d, (along, true), i32::max), 0.0),
                'E' => (self.wall(part.x + part.w, (across, false), i32::max), across, 90.0),
                'W' => (self.wall(part.x, (across, false), i32::min), across, 270.0),
                _ => (along, self.wall(part.y, (along, true), i32::min), 180.0),
            };
            for floor in column.from..=column.to {
                let below = i32::try_from(floor - 1).unwrap_or(0).saturating_mul(self.storey);
                let window = Window {
                    middle: self.spot(x, y),
                    width_m: metres(column.width),
                    sill_m: metres(below.saturating_add(sill_cm)),
                    facing_deg: (facing + f64::from(self.turn)).rem_euclid(360.0),
                };
                all.push((Where { door: column.door, floor, wall: column.wall }, window));
            }
        }
        all
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn latitude_deg(&self, rules: &LightRules) -> f64 {
        f64::from(self.latitude_e4.unwrap_or(rules.latitude_e4())) / 10_000.0
    }
}

/// Sun and sky of a window, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lit {
    /// Which.
    pub at: Where,
    /// The sky it sees, thousandths of what open ground receives: before, after.
    pub sky: (i64, i64),
    /// Minutes of sun on each day of the rules: before, after.
    pub sun: Vec<(u32, u32)>,
}

/// The answer about a scheme.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Light {
    /// Window by window, floor by floor.
    pub windows: Vec<Lit>,
}

/// A number rounded to a whole one; 0 for what is none.
pub(crate) fn rounded(value: f64) -> i32 {
    // By way of its digits: a cast would not say what it does at the ends.
    format!("{value:.0}").parse().unwrap_or(0)
}

/// A share as thousandths, rounded.
fn permille(share: f64) -> i64 {
    i64::from(rounded(share * 1_000.0))
}

/// Sun and sky of every window, as it is and with the shaft of a scheme.
///
/// # Errors
/// What cannot be built, as the library names it.
pub fn light(rules: &LightRules, drawing: &Drawing, shaft: &[Box3]) -> Result<Light, SunError> {
    let (places, windows): (Vec<Where>, Vec<Window>) = drawing.windows(rules.0.sill_cm).into_iter().unzip();
    if windows.is_empty() || windows.len() > MOST {
        return Err(SunError::NoWindows);
    }
    let plan = Plan::new(drawing.house()?, drawing.blocks(&drawing.around)?, drawing.blocks(shaft)?, windows)?;
    let latitude = drawing.latitude_deg(rules);
    let mut days = Vec::new();
    for day in rules.days() {
        days.push(plan.sunlight(latitude, day.declination_deg(), &rules.counting(day))?);
    }
    let sky = plan.sky();
    let lit = |(n, at): (usize, Where)| Lit {
        at,
        sky: sky.get(n).map_or((0, 0), |sky| (permille(sky.before), permille(sky.after))),
        sun: days
            .iter()
            .map(|day| day.get(n).map_or((0, 0), |sun| (sun.before.counted_min(), sun.after.counted_min())))
            .collect(),
    };
    Ok(Light { windows: places.into_iter().enumerate().map(lit).collect() })
}

impl Light {
    /// The windows of a home.
    pub fn of_home(&self, floor: i64, door: i64) -> impl Iterator<Item = &Lit> {
        self.windows.iter().filter(move |lit| lit.at.floor == floor && lit.at.door == door)
    }
}

/// Shadows at an hour of a day, seen from above: what stands already, and the shaft.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shadows {
    /// Minute of true solar time.
    pub minute: u32,
    /// Pieces of the shadow of what stands.
    pub standing: Vec<Vec<Spot>>,
    /// Pieces of the shadow of the shaft.
    pub shaft: Vec<Vec<Spot>>,
}

/// What is seen from above: the outlines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ground {
    /// The building.
    pub building: Vec<Vec<Spot>>,
    /// What stands around.
    pub around: Vec<Vec<Spot>>,
    /// The shaft.
    pub shaft: Vec<Vec<Spot>>,
    /// The windows of the first floor that has some, with the direction they look.
    pub windows: Vec<(Spot, f64)>,
}

/// The outlines of a drawing with a shaft.
///
/// # Errors
/// An outline or height that is not possible.
pub fn ground(rules: &LightRules, drawing: &Drawing, shaft: &[Box3]) -> Result<Ground, SunError> {
    let outlines = |blocks: Vec<Block>| blocks.iter().map(|block| block.outline().to_vec()).collect();
    let windows = drawing.windows(rules.0.sill_cm);
    Ok(Ground {
        building: outlines(drawing.house()?),
        around: outlines(drawing.blocks(&drawing.around)?),
        shaft: outlines(drawing.blocks(shaft)?),
        windows: windows.iter().map(|(_, window)| (window.middle, window.facing_deg)).collect(),
    })
}

/// The shadows through a day, at the full hours between its first and last minute.
///
/// # Errors
/// An outline, height or place that is not possible.
pub fn shadows(rules: &LightRules, day: &Day, drawing: &Drawing, shaft: &[Box3]) -> Result<Vec<Shadows>, SunError> {
    let mut standing = drawing.house()?;
    standing.extend(drawing.blocks(&drawing.around)?);
    let shaft = drawing.blocks(shaft)?;
    let mut all = Vec::new();
    for minute in (day.open_min..=day.close_min).step_by(60) {
        let sun = Sight::on_day(drawing.latitude_deg(rules), day.declination_deg(), f64::from(minute * 60))?;
        let thrown = |blocks: &[Block]| blocks.iter().flat_map(|block| block.shadow(sun)).collect();
        all.push(Shadows { minute, standing: thrown(&standing), shaft: thrown(&shaft) });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::Rulebook;

    use super::*;

    pub(crate) fn rules() -> LightRules {
        let book = Rulebook::builtin(&crate::rules::PACKS).unwrap();
        let at = Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).unwrap();
        book.get::<LightRules>(ID, &PlacePath::root(), at).unwrap().value.clone()
    }

    fn house() -> Drawing {
        let wall = |door, at| Column { door, wall: 'S', at, width: 150, from: 1, to: 6 };
        Drawing {
            turn: 0,
            latitude_e4: None,
            storey: 300,
            building: vec![Box3 { x: 0, y: 0, w: 1_500, d: 1_100, z: 0, h: 1_800 }],
            around: Vec::new(),
            footprint: Vec::new(),
            footprint_h: 0,
            windows: vec![wall(1, 300), wall(2, 1_200)],
        }
    }

    /// A shaft in the middle of the front.
    fn shaft() -> Vec<Box3> {
        vec![Box3 { x: 630, y: -240, w: 240, d: 230, z: 0, h: 2_000 }]
    }

    #[test]
    fn a_shaft_between_two_windows_takes_from_both_alike() {
        let rules = rules();
        let light = light(&rules, &house(), &shaft()).unwrap();
        assert_eq!(light.windows.len(), 12);
        for floor in 1..=6 {
            let (left, right) = (light.of_home(floor, 1).next().unwrap(), light.of_home(floor, 2).next().unwrap());
            assert!((left.sky.1 - right.sky.1).abs() <= 1, "mirrored: {left:?} {right:?}");
            assert!(left.sky.0 > left.sky.1 && left.sky.0 == 396, "a free window sees 39.6 % of the sky: {left:?}");
            // Great Cold, 8:00 to 16:00, whole sill: eight hours before; after, less on each side.
            let ((before, left), (_, right)) = (left.sun[0], right.sun[0]);
            assert_eq!(before, 480);
            assert!(left < before && left.abs_diff(right) <= 1, "{left} {right}");
        }
    }

    #[test]
    fn a_house_that_is_turned_gets_its_sun_at_another_hour() {
        let rules = rules();
        let mut west = house();
        west.turn = 90;
        let turned = light(&rules, &west, &[]).unwrap();
        let (before, after) = turned.windows[0].sun[0];
        assert_eq!(before, after, "no shaft, no loss");
        assert!((160..=240).contains(&before), "a west window has the afternoon: {before}");
    }

    #[test]
    fn what_cannot_be_built_is_named() {
        let rules = rules();
        let mut blind = house();
        blind.windows.clear();
        assert_eq!(light(&rules, &blind, &shaft()), Err(SunError::NoWindows));
        let inside = [Box3 { x: 600, y: 200, w: 200, d: 200, z: 0, h: 2_000 }];
        assert_eq!(light(&rules, &house(), &inside), Err(SunError::ShaftInside));
        let flat = [Box3 { x: 600, y: -300, w: 0, d: 200, z: 0, h: 2_000 }];
        assert_eq!(light(&rules, &house(), &flat), Err(SunError::Outline));
        let mut outline = house();
        outline.footprint = vec![(0, 0), (1_500, 0), (1_500, 1_100), (0, 1_100)];
        outline.footprint_h = 1_800;
        assert_eq!(
            light(&rules, &outline, &shaft()).unwrap(),
            light(&rules, &house(), &shaft()).unwrap(),
            "the same house, brought in"
        );
    }

    #[test]
    fn shadows_go_from_west_to_east() {
        let rules = rules();
        let through = shadows(&rules, &rules.days()[0], &house(), &shaft()).unwrap();
        assert_eq!(through.len(), 9, "8:00 to 16:00");
        let farthest =
            |shadow: &Shadows, by: fn(f64, f64) -> f64| shadow.shaft.iter().flatten().map(|spot| spot.x).reduce(by).unwrap();
        assert!(farthest(&through[0], f64::min) < -20.0, "in the morning it lies in the west");
        assert!(farthest(&through[8], f64::max) > 35.0, "in the afternoon in the east");
        assert!(!rules.noticed(396, 300) && rules.noticed(350, 250) && !rules.noticed(260, 250));
    }
}
