//! In which province, city and district an institution lies: addresses are kept as one text, these come from the register of divisions.

use std::collections::HashMap;

use linli_db::Conn;
use linli_kernel::DistrictId;
use linli_territory::TerritoryError;
use serde_json::{Value, json};

use super::put;

/// The country of every place here (ISO 3166-1).
pub(crate) const COUNTRY: &str = "CN";

/// Provinces by the first two digits of their divisions (GB/T 2260).
const PROVINCES: [(&str, &str); 34] = [
    ("11", "北京市"),
    ("12", "天津市"),
    ("13", "河北省"),
    ("14", "山西省"),
    ("15", "内蒙古自治区"),
    ("21", "辽宁省"),
    ("22", "吉林省"),
    ("23", "黑龙江省"),
    ("31", "上海市"),
    ("32", "江苏省"),
    ("33", "浙江省"),
    ("34", "安徽省"),
    ("35", "福建省"),
    ("36", "江西省"),
    ("37", "山东省"),
    ("41", "河南省"),
    ("42", "湖北省"),
    ("43", "湖南省"),
    ("44", "广东省"),
    ("45", "广西壮族自治区"),
    ("46", "海南省"),
    ("50", "重庆市"),
    ("51", "四川省"),
    ("52", "贵州省"),
    ("53", "云南省"),
    ("54", "西藏自治区"),
    ("61", "陕西省"),
    ("62", "甘肃省"),
    ("63", "青海省"),
    ("64", "宁夏回族自治区"),
    ("65", "新疆维吾尔自治区"),
    ("71", "台湾省"),
    ("81", "香港特别行政区"),
    ("82", "澳门特别行政区"),
];
/// Those that are cities themselves.
const CITIES: [&str; 4] = ["11", "12", "31", "50"];

/// Where a district lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) state: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) district: Option<String>,
}

/// Every district of this database.
pub(crate) type Regions = HashMap<DistrictId, Region>;

/// Where each district lies.
pub(crate) async fn regions(c: &mut Conn<'_>) -> Result<Regions, TerritoryError> {
    let mut cities: HashMap<String, Option<String>> = HashMap::new();
    let mut all = Regions::new();
    for district in linli_territory::queries::districts(c).await? {
        let (province, city) = (district.division.get(..2).unwrap_or_default(), district.division.get(..4).unwrap_or_default());
        let state = PROVINCES.iter().find(|(code, _)| *code == province).map(|(_, name)| (*name).to_owned());
        let city = match cities.get(city) {
            Some(known) => known.clone(),
            None if CITIES.contains(&province) => state.clone(),
            None => {
                let named =
                    linli_territory::queries::division(c, city).await?.filter(|found| found.named).map(|found| found.name);
                cities.insert(city.to_owned(), named.clone());
                named
            }
        };
        all.insert(district.id, Region { state, city, district: Some(district.name) });
    }
    Ok(all)
}

/// An address: the text as it was told, and where it lies.
pub(super) fn address(text: &str, region: Option<&Region>) -> Value {
    let mut address = json!({ "use": "work", "country": COUNTRY });
    put(&mut address, "text", Some(json!(text)).filter(|_| !text.is_empty()));
    if let Some(region) = region {
        for (name, value) in [("state", &region.state), ("city", &region.city), ("district", &region.district)] {
            put(&mut address, name, value.as_ref().map(|value| json!(value)));
        }
    }
    address
}
