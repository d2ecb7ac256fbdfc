//! A city in memory: the engine with 22,000,000 people, the map from their ids to its numbers, the labels of 22,000 gateways, beside the
//! program itself.

use std::path::Path;

use linli_devices::labels::Labels;
use linli_watch::{AgreedToWatch, Command, Config, Folder, Roll, RulePack, Second, ShortId, Slot, Watch};

use super::chance::mixed;
use super::engine::{PEOPLE, resident_bytes};
use super::{load, say};
use crate::bench::child::Served;

const NOON: Second = 1_700_000_000;
/// People of one gateway.
const OF_ONE: u32 = 1_000;
const MEGA: f64 = 1e6;

struct Agreed(Slot);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

fn id(slot: Slot) -> ShortId {
    ShortId::of(u128::from(mixed(u64::from(slot) + 1)))
}

/// Prints `watch.city_resident_mb`: what a process holds that watches over a city, and what the server of a demonstration district holds
/// beside it. Nothing of it is asked of the database: 22,000,000 registrations would take hours, and are not in memory.
pub fn run(place: &Path) -> anyhow::Result<()> {
    let folder = place.join("watch-city");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let outcome = city(&folder);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn city(folder: &Path) -> anyhow::Result<()> {
    // The process that makes the demonstration holds what it needed for that; the one that serves it does not.
    drop(Served::start(&folder.join("data"), "demo")?);
    let served = Served::start(&folder.join("data"), "serve")?;
    let server = served.resident_mb()?;
    drop(served);
    let before = resident_bytes();
    let config = Config { spare_segments: 1, cut_after: Second::MAX, cut_bytes: u64::MAX, ..Config::for_slots(PEOPLE) };
    let mut watch = Watch::open(Folder::open(folder.join("watch"))?, config, &[RulePack::no_sign_of_life(1, 24)])?;
    for first in (0..PEOPLE).step_by(50_000) {
        let commands: Vec<Command> = (first..(first + 50_000).min(PEOPLE)).map(|slot| Command::enrol(&Agreed(slot), 1)).collect();
        watch.commands(NOON, &commands)?;
    }
    let engine = resident_bytes();
    let mut roll = Roll::default();
    for slot in 0..PEOPLE {
        roll.enter(id(slot), slot);
    }
    let rolled = resident_bytes();
    let gateways: Vec<Labels> = (0..PEOPLE).step_by(1_000).map(labels).collect();
    let labelled = resident_bytes();
    // Everything is in use still, and says what it must.
    let found = (0..PEOPLE).step_by(7_919).all(|slot| roll.slot(id(slot)) == Some(slot));
    let heard =
        gateways.iter().zip((0..PEOPLE).step_by(1_000)).all(|(labels, first)| labels.person(&label(first)) == Some(id(first)));
    anyhow::ensure!(found && heard && watch.engine().watched() == PEOPLE, "somebody is not found");
    let beside = [
        ("server_mb", server),
        ("engine_mb", (engine - before) / MEGA),
        ("map_mb", (rolled - engine) / MEGA),
        ("labels_mb", (labelled - rolled) / MEGA),
        ("people", f64::from(PEOPLE)),
        ("load", load()),
    ];
    Ok(say("city_resident_mb", server + (labelled - before) / MEGA, "MB", &beside)?)
}

fn label(slot: Slot) -> String {
    format!("resident-{:05}", slot % OF_ONE)
}

fn labels(first: Slot) -> Labels {
    let names: Vec<(String, ShortId)> = (first..(first + OF_ONE).min(PEOPLE)).map(|slot| (label(slot), id(slot))).collect();
    Labels::of(names.iter().map(|(label, person)| (label.as_str(), *person)))
}
