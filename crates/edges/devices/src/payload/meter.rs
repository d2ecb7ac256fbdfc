//! Water and power meters (水表、电表): what they have counted so far. What was used since the reading before is a sign; that takes the
//! memory of the reading before, which is not here.

use super::json::{self, Value};
use super::{Rejection, Said};

/// What is metered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meter {
    /// Water.
    Water,
    /// Electric power.
    Power,
}

/// The members that hold a total, by what is metered: name, and to which power of ten the thousandth of a litre or watt-hour is one.
/// Names of wmbusmeters, Zigbee2MQTT and of our own form.
const WATER: [(&str, u32); 3] = [("total_m3", 6), ("total_l", 3), ("water_total_m3", 6)];
const POWER: [(&str, u32); 4] = [("total_kwh", 6), ("total_wh", 3), ("total_energy_consumption_kwh", 6), ("energy", 6)];

/// Reads a reading.
///
/// # Errors
/// `Malformed`; `Wrong` for a total that is no number, or less than nothing; `Missing` without any.
pub fn read(meter: Meter, payload: &[u8]) -> Result<Said, Rejection> {
    let names: &[(&'static str, u32)] = if meter == Meter::Water { &WATER } else { &POWER };
    let mut total = None;
    for member in json::members(payload)? {
        let (key, value) = member?;
        let Some((name, places)) = names.iter().find(|(name, _)| key.raw() == name.as_bytes()) else { continue };
        if value == Value::Null || total.is_some() {
            continue;
        }
        let milli = value.scaled(*places).and_then(|milli| u64::try_from(milli).ok());
        total = Some(milli.ok_or(Rejection::Wrong(name))?);
    }
    total.map(|milli| Said::Count { milli }).ok_or(Rejection::Missing("total"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_come_in_several_units() {
        let count = |milli| Ok(Said::Count { milli });
        assert_eq!(
            read(Meter::Water, br#"{"media":"water","id":"12345678","total_m3":6.388,"timestamp":"x"}"#),
            count(6_388_000)
        );
        assert_eq!(read(Meter::Water, br#"{"total_l":"6388"}"#), count(6_388_000));
        assert_eq!(read(Meter::Power, br#"{"total_energy_consumption_kwh":1234.567}"#), count(1_234_567_000));
        assert_eq!(read(Meter::Power, br#"{"energy":0.25,"power":45}"#), count(250_000));
        assert_eq!(read(Meter::Power, br#"{"total_kwh":null,"total_wh":1.5}"#), count(1_500));
    }

    #[test]
    fn what_is_no_reading_is_none() {
        assert_eq!(read(Meter::Water, br#"{"total_kwh":1}"#), Err(Rejection::Missing("total")));
        assert_eq!(read(Meter::Water, br#"{"total_m3":-1}"#), Err(Rejection::Wrong("total_m3")));
        assert_eq!(read(Meter::Water, br#"{"total_m3":"full"}"#), Err(Rejection::Wrong("total_m3")));
        assert_eq!(read(Meter::Power, b"12"), Err(Rejection::Malformed));
    }
}
