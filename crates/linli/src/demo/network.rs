//! The treatment network of the demonstration: eight institutions with their units, and whoever works there. All of it is invented.

use super::DemoError;
use super::dice::Dice;
use super::divisions::Divisions;
use super::estates::Estate;
use super::logins::Tour;
use super::names::unreal_phone;
use super::staff::{Staff, role};
use super::tables::table;

/// The tertiary hospital that leads the grid.
pub const LEAD: &str = "紫麓医院（演示）";
/// A hospital of the second level that takes its patients back.
pub const SECOND: &str = "梧影医院（演示）";
/// Where 120 is answered.
pub const EMERGENCY: &str = "急救调度中心（演示）";
/// The code of the station of the family doctor in the tour.
pub const STATION_CODE: &str = "DEMO-ST1";
/// The code of the lead.
pub const LEAD_CODE: &str = "DEMO-H1";
/// The code of the hospital of the second level.
pub const SECOND_CODE: &str = "DEMO-H2";
/// The code of the emergency centre.
pub const EMERGENCY_CODE: &str = "DEMO-120";
/// The codes of everybody in the grid besides the lead.
pub const MEMBERS: [&str; 6] = [SECOND_CODE, "DEMO-H3", "DEMO-C1", "DEMO-C2", STATION_CODE, "DEMO-ST2"];

/// The telephones of institutions that may be shown: none of them can be dialled.
const PHONES: usize = 9_300;

/// A unit: kind, name, opening hours.
type Unit = (&'static str, &'static str, &'static str);

/// An institution that has a name of its own.
struct House {
    code: &'static str,
    name: &'static str,
    kind: &'static str,
    level: &'static str,
    capabilities: &'static str,
    units: &'static [Unit],
}

const HOUSES: [House; 6] = [
    House {
        code: LEAD_CODE,
        name: LEAD,
        kind: "hospital",
        level: "tertiary",
        capabilities: "oxygen,high_flow,ventilation,non_invasive,ecmo,dialysis,ct,infusion",
        units: &[
            ("fever_clinic", "发热门诊", "24小时"),
            ("emergency", "急诊科", "24小时"),
            ("icu", "重症医学科", ""),
            ("ward", "呼吸与危重症医学科", ""),
        ],
    },
    House {
        code: SECOND_CODE,
        name: SECOND,
        kind: "hospital",
        level: "second",
        capabilities: "oxygen,high_flow,non_invasive,ct,infusion",
        units: &[("fever_clinic", "发热门诊", "8:00-20:00"), ("icu", "重症医学科", ""), ("ward", "内科病区", "")],
    },
    House {
        code: "DEMO-H3",
        name: "菱洲医院（演示）",
        kind: "hospital",
        level: "second",
        capabilities: "oxygen,ct,infusion,rehabilitation",
        units: &[("ward", "康复病区", "")],
    },
    House {
        code: "DEMO-C1",
        name: "枫岸社区卫生服务中心（演示）",
        kind: "health_centre",
        level: "primary",
        capabilities: "oxygen,infusion",
        units: &[("infusion_oxygen", "输液吸氧室", "8:00-20:00")],
    },
    House {
        code: "DEMO-C2",
        name: "云樾社区卫生服务中心（演示）",
        kind: "health_centre",
        level: "primary",
        capabilities: "oxygen,infusion",
        units: &[("infusion_oxygen", "输液吸氧室", "8:00-17:00")],
    },
    House {
        code: EMERGENCY_CODE,
        name: EMERGENCY,
        kind: "emergency_centre",
        level: "unknown",
        capabilities: "",
        units: &[("dispatch", "调度室", "24小时")],
    },
];

/// The network as the file that anybody could import, and the communities its two stations look after.
#[derive(Debug, Clone)]
pub struct Network {
    /// `institutions`.
    pub institutions: String,
    /// The community of the tour's station, then that of the other.
    pub communities: [String; 2],
}

/// Whose the experts are who come to look at the hospitals.
const EXPERTS: &str = "市级医疗救治专家组（演示）";

/// Appoints whoever works in the network, after everybody else.
pub fn appoint(staff: &mut Staff, divisions: &Divisions, dice: &Dice) {
    let posts = [
        ("hospital", LEAD, role::BED_MANAGER, "床位管理员（牵头医院）"),
        ("hospital", SECOND, role::BED_MANAGER, "床位管理员（二级医院）"),
        ("hospital", LEAD, role::GRID_COORDINATOR, "网格协调员"),
        ("hospital", EMERGENCY, role::EMERGENCY_DISPATCHER, "120 调度员"),
        ("department", "卫生健康局（演示）", role::HEALTH_OFFICER, "卫生健康局工作人员"),
        ("department", EXPERTS, role::EXPERT, "专家组组长"),
        ("department", EXPERTS, role::EXPERT, "专家组成员"),
    ];
    for (kind, name, role, title) in posts {
        let organisation = staff.organisation(kind, name, false);
        let person = staff.person(organisation, dice);
        staff.at(person, role, title, &divisions.code, dice);
    }
}

/// Lays out the network around the estate of the tour. Nothing when the district has no second community with a doctor.
pub fn lay(tour: &Tour, staff: &Staff, estates: &[Estate]) -> Result<Option<Network>, DemoError> {
    let doctors: Vec<_> = staff.appointments.iter().filter(|post| post.role == role::FAMILY_DOCTOR).collect();
    let toured = tour.logins.iter().find(|login| login.role == role::FAMILY_DOCTOR).map(|login| login.person_code.as_str());
    let code_of = |person: usize| staff.persons.get(person).map(|known| known.code.as_str());
    let Some(own) = doctors.iter().find(|post| code_of(post.person) == toured) else { return Ok(None) };
    let Some(other) = doctors.iter().find(|post| post.place != own.place) else { return Ok(None) };
    let name_of =
        |organisation: usize| staff.organisations.get(organisation).map(|known| known.name.as_str()).unwrap_or_default();
    let place_of = |community: &str| estates.iter().find(|estate| estate.community == community);
    let institutions = table(|out| {
        out.write_record([
            "code",
            "name",
            "kind",
            "level",
            "place",
            "lon",
            "lat",
            "crs",
            "phone",
            "capabilities",
            "unit_kind",
            "unit_name",
            "hours",
        ])?;
        // Apart from each other: each beside another estate.
        for (n, (house, near)) in
            HOUSES.iter().zip(estates.iter().step_by(estates.len().div_euclid(HOUSES.len()).max(1))).enumerate()
        {
            let phone = unreal_phone(PHONES + n);
            let (lon, lat) = (format!("{:.7}", near.lon), format!("{:.7}", near.lat));
            for (kind, name, hours) in house.units {
                out.write_record([
                    house.code,
                    house.name,
                    house.kind,
                    house.level,
                    "",
                    &lon,
                    &lat,
                    "WGS-84",
                    &phone,
                    house.capabilities,
                    kind,
                    name,
                    hours,
                ])?;
            }
        }
        for (n, (code, post, unit)) in [
            (STATION_CODE, own, ("fever_room", "发热诊室", "8:00-17:00")),
            ("DEMO-ST2", other, ("infusion_oxygen", "吸氧室", "8:00-17:00")),
        ]
        .into_iter()
        .enumerate()
        {
            let Some(near) = place_of(&post.place) else { continue };
            let (lon, lat) = (format!("{:.7}", near.lon), format!("{:.7}", near.lat));
            let (name, phone) = (name_of(post.organisation), unreal_phone(PHONES + HOUSES.len() + n));
            out.write_record([
                code,
                name,
                "health_station",
                "primary",
                &post.place,
                &lon,
                &lat,
                "WGS-84",
                &phone,
                "oxygen",
                unit.0,
                unit.1,
                unit.2,
            ])?;
        }
        Ok(())
    })?;
    Ok(Some(Network { institutions, communities: [own.place.clone(), other.place.clone()] }))
}
