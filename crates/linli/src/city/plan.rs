//! What the city is made of: real districts, invented institutions in them, grids, staff. Everything leaves as the files that anybody could
//! import.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::wave::{Wave, real, whole};
use crate::demo::{Dice, unreal_phone};

/// Hospitals of the second level and above, centres, and grids of the whole city, as published.
const HOSPITALS: i64 = 303;
const CENTRES: i64 = 960;
const GRIDS: i64 = 56;
/// Hospitals that have an intensive-care unit, those that lead a grid among them. Our own.
const ICUS: i64 = 163;
/// Of a hundred intensive beds so many are in hospitals that lead a grid. Our own.
const IN_LEADS: f64 = 75.0;

/// A district (区).
#[derive(Debug, Clone, Copy)]
pub struct District {
    /// Six digits.
    pub code: &'static str,
    /// Official name.
    pub name: &'static str,
    /// Inhabitants in ten thousand, census of 2020, rounded; they only spread the institutions.
    people: i64,
    /// About the middle of where people live, in hundredths of a degree; invented houses lie around it.
    lon: i64,
    lat: i64,
}

const fn district(code: &'static str, name: &'static str, people: i64, (lon, lat): (i64, i64)) -> District {
    District { code, name, people, lon, lat }
}

/// The sixteen, those with most people first.
const DISTRICTS: [District; 16] = [
    district("110105", "朝阳区", 345, (11_649, 3_995)),
    district("110108", "海淀区", 313, (11_627, 3_999)),
    district("110114", "昌平区", 227, (11_628, 4_015)),
    district("110106", "丰台区", 202, (11_629, 3_986)),
    district("110115", "大兴区", 199, (11_638, 3_971)),
    district("110112", "通州区", 184, (11_668, 3_988)),
    district("110113", "顺义区", 132, (11_668, 4_012)),
    district("110111", "房山区", 131, (11_608, 3_972)),
    district("110102", "西城区", 111, (11_637, 3_991)),
    district("110101", "东城区", 71, (11_642, 3_993)),
    district("110107", "石景山区", 57, (11_621, 3_992)),
    district("110118", "密云区", 53, (11_685, 4_038)),
    district("110117", "平谷区", 46, (11_711, 4_014)),
    district("110116", "怀柔区", 44, (11_663, 4_031)),
    district("110109", "门头沟区", 39, (11_610, 3_994)),
    district("110119", "延庆区", 35, (11_597, 4_046)),
];

/// What an institution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Leads a grid (牵头医院).
    Lead,
    /// Another hospital.
    Hospital,
    /// 社区卫生服务中心.
    Centre,
    /// 急救中心.
    Emergency,
}

/// An institution.
#[derive(Debug, Clone)]
pub struct House {
    /// Its number, and its place in [`City::houses`].
    pub n: usize,
    /// Which.
    pub kind: Kind,
    /// Its code.
    pub code: String,
    /// Its name, invented.
    pub name: String,
    /// Which of the districts.
    pub district: usize,
    /// Which grid.
    pub grid: usize,
    /// Ten millionths of a degree, WGS-84.
    pub point: (i64, i64),
    /// How much of everything comes here, in hundredths.
    pub weight: i64,
    /// The day on which its fever clinic or room opens.
    pub opens: Date,
    /// Intensive beds at the beginning and at the end.
    pub icu: (i64, i64),
    /// Consulting rooms at the beginning, and how many are added.
    pub rooms: (i64, i64),
}

/// The city.
#[derive(Debug, Clone)]
pub struct City {
    /// Districts, those of [`DISTRICTS`] that a city of this size has.
    pub districts: Vec<District>,
    /// Institutions: those that lead first, then hospitals, centres, the emergency centre.
    pub houses: Vec<House>,
    /// How many grids.
    pub grids: usize,
    /// What part of the whole city.
    pub share: f64,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// So many days later than the wave was.
    pub later: i64,
}

/// Splits a number by weights; who has most behind the point has one more, so that the parts are the number.
pub fn split(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum = real(weights.iter().sum::<i64>().max(1));
    let exact: Vec<f64> = weights.iter().map(|weight| real(total) * real(*weight) / sum).collect();
    let mut parts: Vec<i64> = exact.iter().map(|part| whole(part.floor())).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let behind = |at: &usize| exact.get(*at).map_or(0.0, |part| part - part.floor());
    order.sort_by(|a, b| behind(b).total_cmp(&behind(a)).then(a.cmp(b)));
    let missing = usize::try_from(total - parts.iter().sum::<i64>()).unwrap_or(0);
    for at in order.into_iter().take(missing) {
        if let Some(part) = parts.get_mut(at) {
            *part += 1;
        }
    }
    parts
}

fn count(n: i64) -> usize {
    usize::try_from(n).unwrap_or(0)
}

impl City {
    /// A city that is this share of the whole one: three hospitals, five centres, one grid at least.
    pub fn plan(wave: &Wave, seed: u64, share: f64, (from, to, later): (Date, Date, i64)) -> Self {
        let part = |of: i64, least: i64| whole(real(of) * share).max(least);
        let (hospitals, centres, grids) = (part(HOSPITALS, 3), part(CENTRES, 5), part(GRIDS, 1));
        let districts: Vec<District> = DISTRICTS.into_iter().take(count(grids)).collect();
        let mut city = Self { districts, houses: Vec::new(), grids: count(grids), share, from, to, later };
        let dice = Dice::new(seed, "the plan of the city");
        let people: Vec<i64> = city.districts.iter().map(|one| one.people).collect();
        // Every district has a grid of its own before any has two.
        let many = i64::try_from(people.len()).unwrap_or(0);
        let lead_of: Vec<i64> = split(grids - many, &people).into_iter().map(|more| more + 1).collect();
        city.place(Kind::Lead, &lead_of, &dice);
        city.place(Kind::Hospital, &split(hospitals - grids, &people), &dice);
        city.place(Kind::Centre, &split(centres, &people), &dice);
        city.place(Kind::Emergency, &[1], &dice);
        city.open(wave, &dice);
        city.equip(wave);
        city
    }

    fn place(&mut self, kind: Kind, per_district: &[i64], dice: &Dice) {
        for (at, (district, many)) in self.districts.clone().into_iter().zip(per_district).enumerate() {
            for _ in 0..*many {
                let n = self.houses.len();
                let (code, word, weight) = match kind {
                    Kind::Lead => ("H", "医院", dice.between(300, 420)),
                    Kind::Hospital => ("H", "医院", dice.between(60, 140)),
                    Kind::Centre => ("C", "社区卫生服务中心", dice.between(15, 35)),
                    Kind::Emergency => ("E", "急救中心", 0),
                };
                let point = (
                    district.lon * 100_000 + dice.between(-600_000, 600_000),
                    district.lat * 100_000 + dice.between(-450_000, 450_000),
                );
                let house = House {
                    n,
                    kind,
                    code: format!("{code}{n:04}"),
                    name: format!("{}{word}（演示）", invented(n)),
                    district: at,
                    grid: if kind == Kind::Lead { n } else { 0 },
                    point,
                    weight,
                    opens: self.from,
                    icu: (0, 0),
                    rooms: (0, 0),
                };
                let house = if kind == Kind::Lead { house } else { House { grid: self.nearest(&house), ..house } };
                self.houses.push(house);
            }
        }
    }

    /// The grid of its district whose lead is nearest.
    fn nearest(&self, to: &House) -> usize {
        let leads = self.houses.iter().filter(|one| one.kind == Kind::Lead && one.district == to.district);
        leads.min_by_key(|one| apart(one.point, to.point)).map_or(0, |lead| lead.grid)
    }

    /// Fever clinics open as was published: so many hospitals, so many centres by a day. The larger ones first.
    fn open(&mut self, wave: &Wave, dice: &Dice) {
        let from = self.from;
        for (hospital, curve) in [(true, "hospital_clinics"), (false, "community_clinics")] {
            let mut order: Vec<(i64, usize)> = self
                .houses
                .iter()
                .filter(|house| house.kind != Kind::Emergency && (house.kind == Kind::Centre) != hospital)
                .map(|house| (-house.weight * 10 - dice.between(0, 9), house.n))
                .collect();
            order.sort_unstable();
            let all = real(i64::try_from(order.len()).unwrap_or(0));
            let whole_city = real(if hospital { HOSPITALS } else { CENTRES });
            for (rank, (_, n)) in order.into_iter().enumerate() {
                let rank = real(i64::try_from(rank).unwrap_or(0));
                let open = |day: Date| rank < (wave.at(curve, day) / whole_city * all).round();
                let opens = days(from, self.to).find(|day| open(*day));
                if let Some(house) = self.houses.get_mut(n) {
                    // Never within the span: the day after it.
                    house.opens = opens.unwrap_or_else(|| self.to.tomorrow().unwrap_or(self.to));
                }
            }
        }
    }

    /// Intensive beds at the beginning and the end, and consulting rooms.
    fn equip(&mut self, wave: &Wave) {
        let icus = whole(real(ICUS) * self.share).max(2);
        let (leads, others): (Vec<usize>, Vec<usize>) = {
            let of = |kind: Kind| self.houses.iter().filter(move |house| house.kind == kind).map(|house| house.n);
            let leads: Vec<usize> = of(Kind::Lead).collect();
            let others = of(Kind::Hospital).take(count(icus).saturating_sub(leads.len())).collect();
            (leads, others)
        };
        let ends = [wave.at("icu", self.from), wave.at("icu", self.to)].map(|beds| whole(beds * self.share));
        for (houses, percent) in [(leads, IN_LEADS), (others, 100.0 - IN_LEADS)] {
            let weights: Vec<i64> = houses.iter().map(|n| self.houses.get(*n).map_or(0, |house| house.weight)).collect();
            let parts = ends.map(|beds| split(whole(real(beds) * percent / 100.0), &weights));
            let [first, last] = parts;
            for (n, icu) in houses.into_iter().zip(first.into_iter().zip(last)) {
                if let Some(house) = self.houses.get_mut(n) {
                    house.icu = icu;
                }
            }
        }
        // Rooms were added where clinics had been from the start.
        let from = self.from;
        let old: Vec<(usize, i64)> =
            self.houses.iter().filter(|one| one.opens == from && one.weight > 0).map(|one| (one.n, one.weight)).collect();
        let weights: Vec<i64> = old.iter().map(|(_, weight)| *weight).collect();
        let added = split(whole(real(super::report::ROOMS_ADDED) * self.share), &weights);
        for house in &mut self.houses {
            house.rooms = ((house.weight / 60).max(1), 0);
        }
        for ((n, _), more) in old.into_iter().zip(added) {
            if let Some(house) = self.houses.get_mut(n) {
                house.rooms.1 = more;
            }
        }
    }

    /// Intensive beds that a house is to have open on a day.
    pub fn icu_on(&self, wave: &Wave, house: &House, day: Date) -> i64 {
        let (first, last) = house.icu;
        let [begin, end, now] = [self.from, self.to, day].map(|day| wave.at("icu", day));
        if end <= begin {
            return first;
        }
        first + whole(real(last - first) * ((now - begin) / (end - begin)).clamp(0.0, 1.0))
    }

    /// Institutions of a district.
    pub fn of_district(&self, district: usize) -> impl Iterator<Item = &House> {
        self.houses.iter().filter(move |house| house.district == district)
    }

    /// Institutions and their units as a file, those units that a day brings.
    pub fn institutions(&self, day: Date) -> anyhow::Result<String> {
        super::table(|out| {
            out.write_record([
                "code",
                "name",
                "kind",
                "level",
                "district",
                "lon",
                "lat",
                "crs",
                "capabilities",
                "unit_kind",
                "unit_name",
                "hours",
            ])?;
            for house in &self.houses {
                let name = self.districts.get(house.district).map_or("", |district| district.name);
                let (lon, lat) = (degrees(house.point.0), degrees(house.point.1));
                let (kind, level, can) = match house.kind {
                    Kind::Lead => ("hospital", "tertiary", "oxygen,high_flow,ventilation,non_invasive,ecmo,dialysis,ct,infusion"),
                    Kind::Hospital if house.icu.1 > 0 => {
                        ("hospital", "second", "oxygen,high_flow,ventilation,non_invasive,ct,infusion")
                    }
                    Kind::Hospital => ("hospital", "second", "oxygen,ct,infusion"),
                    Kind::Centre => ("health_centre", "primary", "oxygen,infusion"),
                    Kind::Emergency => ("emergency_centre", "unknown", ""),
                };
                for (unit, unit_name, hours) in self.units(house, day) {
                    out.write_record([
                        &house.code,
                        &house.name,
                        kind,
                        level,
                        name,
                        &lon,
                        &lat,
                        "WGS-84",
                        can,
                        unit,
                        unit_name,
                        hours,
                    ])?;
                }
            }
            Ok(())
        })
    }

    fn units(&self, house: &House, day: Date) -> Vec<(&'static str, &'static str, &'static str)> {
        let mut units = Vec::new();
        let first = day == self.from;
        if first {
            match house.kind {
                Kind::Lead | Kind::Hospital => {
                    units.push(("emergency", "急诊科", "24小时"));
                    units.push(("observation", "急诊留观", "24小时"));
                    if house.icu.1 > 0 {
                        units.push(("icu", "重症医学科", "24小时"));
                    } else {
                        units.push(("ward", "普通病区", "24小时"));
                    }
                }
                Kind::Emergency => units.push(("dispatch", "调度室", "24小时")),
                Kind::Centre => units.push(("infusion_oxygen", "输液吸氧室", "8:00-20:00")),
            }
        }
        if house.opens == day {
            match house.kind {
                Kind::Lead | Kind::Hospital => units.push(("fever_clinic", "发热门诊", "24小时")),
                Kind::Centre => units.push(("fever_room", "发热诊室", "8:00-20:00")),
                Kind::Emergency => {}
            }
        }
        units
    }

    /// Whoever works in a district, as the files of people and appointments.
    pub fn staff(&self, district: usize, since: &str) -> anyhow::Result<(String, String)> {
        let Some(of) = self.districts.get(district) else { return Ok(Default::default()) };
        let mut posts: Vec<(String, &str, String, &str, &str)> = Vec::new();
        for house in self.of_district(district) {
            let kind = if house.kind == Kind::Centre { "health_centre" } else { "hospital" };
            let (role, title) = match house.kind {
                Kind::Lead | Kind::Hospital => ("bed_manager", "床位管理员"),
                Kind::Centre => ("family_doctor", "家庭医生"),
                Kind::Emergency => ("emergency_dispatcher", "120 调度员"),
            };
            posts.push((post(house, role), kind, house.name.clone(), role, title));
            if house.kind == Kind::Lead {
                posts.push((post(house, COORDINATOR), kind, house.name.clone(), COORDINATOR, "网格协调员"));
            }
        }
        posts.push((officer(of), "department", format!("{}卫生健康委员会（演示）", of.name), OFFICER, "卫生健康委工作人员"));
        let people = super::table(|out| {
            out.write_record([
                "person_code",
                "name",
                "organisation_kind",
                "organisation_name",
                "organisation_credit_code",
                "work_phone",
            ])?;
            for (n, (code, kind, organisation, _, _)) in posts.iter().enumerate() {
                out.write_record([code, &person(district * 1_000 + n), *kind, organisation, "", &unreal_phone(n)])?;
            }
            Ok(())
        })?;
        let appointments = super::table(|out| {
            out.write_record([
                "person_code",
                "organisation_name",
                "role",
                "title",
                "place",
                "grid_code",
                "public_phone",
                "from",
                "to",
            ])?;
            for (code, _, organisation, role, title) in &posts {
                out.write_record([code.as_str(), organisation, *role, *title, of.code, "", "", since, ""])?;
            }
            Ok(())
        })?;
        Ok((people, appointments))
    }

    /// Which part of the fever visits of a day come to which clinic: those that are open, by weight.
    pub fn open_on(&self, day: Date) -> BTreeMap<usize, i64> {
        self.houses.iter().filter(|one| one.weight > 0 && one.opens <= day).map(|one| (one.n, one.weight)).collect()
    }
}

/// The role that decides about the plan.
pub const COORDINATOR: &str = "grid_coordinator";
/// The role that orders beds.
pub const OFFICER: &str = "health_officer";

/// The code of whoever has a post at a house.
pub fn post(house: &House, role: &str) -> String {
    format!("{}-{}", house.code, role.get(..1).unwrap_or_default().to_uppercase())
}

/// The code of the officer of a district.
pub fn officer(district: &District) -> String {
    format!("W{}", district.code)
}

/// All days from the first to the last.
pub fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(jiff::Span::new().days(1)).take_while(move |day| *day <= to)
}

fn degrees(e7: i64) -> String {
    format!("{}.{:07}", e7 / 10_000_000, e7 % 10_000_000)
}

/// How far two points lie apart, squared, to be compared and turned into minutes: about hundreds of metres.
pub fn apart(one: (i64, i64), other: (i64, i64)) -> i64 {
    let east = (one.0 - other.0) / 11_700;
    let north = (one.1 - other.1) / 9_000;
    east * east + north * north
}

/// A name that no institution has: two of these and a number where they are used up.
fn invented(n: usize) -> String {
    const FIRST: [&str; 24] = [
        "云", "栖", "枫", "槐", "杏", "竹", "兰", "荷", "桂", "榆", "檀", "棠", "苇", "樟", "栎", "梓", "椿", "薇", "葵", "霁",
        "岚", "汀", "渚", "麓",
    ];
    const SECOND: [&str; 24] = [
        "荫", "溪", "涧", "坞", "屿", "圃", "畦", "陌", "榭", "浦", "湾", "泽", "泉", "坡", "岗", "影", "露", "晴", "原", "川",
        "野", "洲", "岸", "林",
    ];
    const THIRD: [&str; 4] = ["", "东", "西", "南"];
    let of = |words: &[&'static str], at: usize| words.get(at % words.len()).copied().unwrap_or_default();
    // The steps have nothing in common with the lengths, so that neighbours do not look alike.
    format!("{}{}{}", of(&FIRST, n * 7), of(&SECOND, n / 24 + n * 11), of(&THIRD, n / 576))
}

/// Somebody's invented name.
pub fn person(n: usize) -> String {
    const FAMILY: [&str; 20] =
        ["范", "贺", "阮", "邱", "褚", "田", "宋", "顾", "章", "庄", "柏", "窦", "云", "葛", "奚", "彭", "鲁", "韦", "苗", "俞"];
    const GIVEN: [&str; 24] = [
        "玉兰", "长顺", "秀珍", "明远", "桂英", "德清", "桂芬", "志平", "文娟", "建国", "淑华", "永康", "丽萍", "海生", "春梅",
        "少华", "振宇", "雅琴", "国栋", "慧敏", "家乐", "思远", "晓峰", "静怡",
    ];
    let of = |words: &[&'static str], at: usize| words.get(at % words.len()).copied().unwrap_or_default();
    format!("{}{}", of(&FAMILY, n), of(&GIVEN, n / 20))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    fn city(share: f64) -> City {
        City::plan(&Wave::published().unwrap(), 7, share, (date(2022, 12, 4), date(2023, 1, 4), 0))
    }

    #[test]
    fn the_whole_city_has_what_was_published() {
        let (city, wave) = (city(1.0), Wave::published().unwrap());
        let many = |kind: Kind| city.houses.iter().filter(|house| house.kind == kind).count();
        assert_eq!((many(Kind::Lead), many(Kind::Lead) + many(Kind::Hospital), many(Kind::Centre)), (56, 303, 960));
        assert_eq!(city.districts.len(), 16);
        let icu = |day: Date| city.houses.iter().map(|house| city.icu_on(&wave, house, day)).sum::<i64>();
        assert_eq!((icu(date(2022, 12, 4)), icu(date(2023, 1, 4))), (3_000, 7_000));
        assert_eq!(city.houses.iter().filter(|house| house.icu.1 > 0).count(), 163);
        for (day, hospitals, centres) in [(date(2022, 12, 12), 303, 349), (date(2023, 1, 4), 303, 960)] {
            let open = city.open_on(day);
            let found = open.keys().filter(|n| city.houses[**n].kind != Kind::Centre).count();
            assert_eq!((found, open.len() - found), (hospitals, centres), "{day}");
        }
        let names: BTreeSet<&str> = city.houses.iter().map(|house| house.name.as_str()).collect();
        assert_eq!(names.len(), city.houses.len(), "every name is one house's");
        // Whoever leads a grid lies in its district, and so does every member.
        assert!(
            city.houses.iter().all(|house| city.houses[house.grid].district == house.district || house.kind == Kind::Emergency)
        );
    }

    #[test]
    fn the_districts_are_those_of_the_official_file() {
        let file = super::super::DIVISIONS;
        for district in DISTRICTS {
            assert!(file.lines().any(|line| line == format!("{},{}", district.code, district.name)), "{district:?}");
        }
        assert_eq!(file.lines().count(), DISTRICTS.len() + 2);
    }

    #[test]
    fn a_small_city_is_whole() {
        let city = city(0.001);
        assert_eq!((city.districts.len(), city.grids, city.houses.len()), (1, 1, 3 + 5 + 1));
        assert!(city.houses.iter().filter(|house| house.icu.1 > 0).count() == 2);
        assert_eq!(split(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(split(0, &[]), Vec::<i64>::new());
    }
}
