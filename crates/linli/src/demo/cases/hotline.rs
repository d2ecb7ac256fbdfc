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

/// Tickets of an invented hotline: category of its list, title, what the caller said, hours since it took it, hours until it wants the answer
/// (counted from then).
const TICKETS: [(&str, &str, &str, i64, i64); 8] = [
    ("停水", "整栋停水", "从早上开始整栋楼没有水，没有看到通知，家里有老人，想知道什么时候来水。", 2, 24),
    ("污水外溢", "门前污水外溢", "单元门前的地沟往外冒水，出门要踩砖头过去。", 5, 24),
    ("井盖缺损", "井盖有裂缝", "车一压就响，盖子边上裂了一块，晚上看不清，怕人踩空。", 20, 24),
    ("路灯不亮", "路灯两盏不亮", "小区东门进来两盏路灯不亮，夜里很暗。", 26, 72),
    ("清运不及时", "垃圾桶满了没人清", "垃圾桶从昨天就满了，袋子堆在地上，有味道。", 3, 24),
    ("生活噪声", "夜里有装修的声音", "连着两晚十点以后还有电钻的声音，不知道是哪一家。", 30, 72),
    ("占道停车", "消防通道停车", "有车长期停在消防通道上，希望有人来劝离。", 8, 48),
    ("公共照明", "楼道灯不亮", "三楼到五楼的灯都不亮，说过一次，还没有修。", 50, 48),
];

/// The 12345 list that the demonstration goes by: small, invented, of no city.
pub const CLASSES: &str = include_str!("../classes.csv");
/// Organisations without an account that can be given cases.
pub const UNITS: &str = include_str!("../units.csv");

impl Demo {
    /// The table of tickets that the invented hotline hands over at `end`, as a city's export looks.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub fn tickets(&self, end: Ts) -> Result<String, DemoError> {
        let dice = Dice::new(self.seed, "tickets");
        let places = Places::of(self, &dice);
        table(|out| {
            out.write_record(["序号", "工单编号", "标题", "内容", "类别", "地点", "受理时间", "办理时限"])?;
            for (number, (category, title, content, ago, within)) in (1..).zip(TICKETS) {
                let Some(scene) = places.scene(true, &dice) else { continue };
                let at = end.plus_secs(-ago * 3_600);
                out.write_record([
                    number.to_string().as_str(),
                    &format!("YSGD{number:06}"),
                    title,
                    content,
                    category,
                    &scene.place,
                    &at.rfc3339(),
                    &at.plus_secs(within * 3_600).rfc3339(),
                ])?;
            }
            Ok(())
        })
    }

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
