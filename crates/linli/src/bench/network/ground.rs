//! Two institutions of the treatment network in an empty store, made by the commands that the pages call: a hospital with one bed that
//! many want, and a health centre that asks.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use linli_access::{Actor, Channel, Ctx, Role, Scope};
use linli_db::{Db, DbConfig, Tx};
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, PlacePath, SystemClock, SystemRng, Ts};
use linli_people::commands::{appoint, put_person};
use linli_people::model::{AppointmentInput, PersonInput};
use linli_rulebook::{Rulebook, SharedRulebook};
use linli_treatment::commands::beds::{self, NewEntry};
use linli_treatment::commands::institutions::{NewInstitution, NewUnit, add_unit, register};
use linli_treatment::model::beds::{BedType, Change, EntryKind};
use linli_treatment::model::{InstitutionId, InstitutionKind, Level, UnitId, UnitKind};
use linli_treatment::{BedDesk, Network};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bench::child::run;

/// The divisions that it stands on: those of the demonstration.
const DIVISIONS: &str = include_str!("../../../../contexts/territory/data/xuanwu-divisions.csv");
const DISTRICT: &str = "320102";
/// The key of what is sealed here. Nothing of it is anybody's.
const KEY: [u8; 32] = [7; 32];

/// What a process that goes on must know.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Marks {
    district: i64,
    hospital: Uuid,
    icu: Uuid,
    centre: Uuid,
    manager: (Uuid, Uuid),
    doctor: (Uuid, Uuid),
}

/// The store with who acts in it.
pub struct Ground {
    pub db: Db,
    pub desk: Arc<BedDesk>,
    pub district: DistrictId,
    pub hospital: InstitutionId,
    /// The unit with the one bed.
    pub icu: UnitId,
    /// Who answers for the beds of the hospital.
    pub manager: Ctx,
    /// Who asks for the health centre.
    pub doctor: Ctx,
}

fn book() -> anyhow::Result<SharedRulebook> {
    let packs: Vec<_> = linli_care::follow::rules::PACKS
        .into_iter()
        .chain(linli_treatment::rules::BED_PACKS)
        .chain(linli_treatment::rules::NETWORK_PACKS)
        .collect();
    Ok(SharedRulebook::new(Rulebook::builtin(&packs)?))
}

/// Lays the ground in a store without a district; gives what whoever goes on must know.
pub async fn lay(config: &DbConfig) -> anyhow::Result<Marks> {
    let file = config.folder.join("divisions.csv");
    std::fs::write(&file, DIVISIONS)?;
    let url = config.url.as_deref();
    let mut how: Vec<&str> = url.into_iter().flat_map(|url| ["--database-url", url]).collect();
    how.extend(["import", "divisions", file.to_str().context("a folder whose name is no text")?, "--district", DISTRICT]);
    run(&config.folder, &how)?;
    std::fs::remove_file(file)?;
    let db = Db::open(config).await?;
    let found = linli_territory::queries::district_by_division(&mut db.read().await?.conn(), DISTRICT).await?;
    let (district, place) = found.context("the district was not opened")?;
    let mut tx = db.begin(district).await?;
    let marks = found_institutions(&mut tx, district).await?;
    tx.commit().await?;
    let ground = Ground::of(db, marks, place)?;
    let mut tx = ground.db.begin(district).await?;
    for (kind, amount) in [(EntryKind::InPlace, 1), (EntryKind::Open, 1), (EntryKind::Doctors, 3), (EntryKind::Nurses, 9)] {
        let entry = NewEntry {
            unit: ground.icu,
            bed_type: BedType::Icu,
            kind,
            change: Change::Level,
            amount,
            within_hours: None,
            at: None,
            reason: None,
        };
        beds::enter(&ground.manager, &mut tx, &ground.desk, entry).await?;
    }
    tx.commit().await?;
    ground.db.close().await;
    Ok(marks)
}

async fn found_institutions(tx: &mut Tx, district: DistrictId) -> anyhow::Result<Marks> {
    let network = Network::new(book()?)?;
    let ctx = Ctx::system("bench", Arc::new(SystemClock), Arc::new(SystemRng));
    let institution = |code: &str, name: &str, kind, level| NewInstitution {
        code: code.to_owned(),
        name: name.to_owned(),
        kind,
        level,
        place: DISTRICT.to_owned(),
        address: String::new(),
        point: None,
        phone: String::new(),
        capabilities: Vec::new(),
        valid_from: None,
    };
    let (hospital, centre) = ("测量用医院", "测量用卫生服务中心");
    let lead = register(&ctx, tx, &network, &institution("B1", hospital, InstitutionKind::Hospital, Level::Tertiary)).await?;
    let from = register(&ctx, tx, &network, &institution("B2", centre, InstitutionKind::HealthCentre, Level::Primary)).await?;
    let icu = add_unit(&ctx, tx, &network, lead, &NewUnit::of(UnitKind::Icu, "重症医学科")).await?;
    let manager = staff(&ctx, tx, ("B001", Role::BedManager), ("hospital", hospital)).await?;
    let doctor = staff(&ctx, tx, ("B002", Role::FamilyDoctor), ("health_centre", centre)).await?;
    Ok(Marks { district: district.0, hospital: lead.0, icu: icu.0, centre: from.0, manager, doctor })
}

/// Somebody appointed on behalf of an organisation: the person and the appointment.
pub async fn staff(ctx: &Ctx, tx: &mut Tx, (code, role): (&str, Role), (kind, of): (&str, &str)) -> anyhow::Result<(Uuid, Uuid)> {
    let person = PersonInput {
        code: code.to_owned(),
        name: "测量员".to_owned(),
        organisation_kind: Some(kind.to_owned()),
        organisation_name: Some(of.to_owned()),
        organisation_credit_code: None,
        work_phone: None,
    };
    let id = put_person(ctx, tx, person).await?;
    let post = AppointmentInput {
        person_code: code.to_owned(),
        organisation_name: Some(of.to_owned()),
        role: role.as_str().to_owned(),
        title: String::new(),
        place: DISTRICT.to_owned(),
        grid_code: None,
        public_phone: None,
        valid_from: Ts(0),
        valid_to: None,
    };
    Ok((id.0, appoint(ctx, tx, &post).await?.0))
}

impl Ground {
    /// The ground of a process that goes on.
    pub async fn open(config: &DbConfig, marks: Marks) -> anyhow::Result<Self> {
        let db = Db::open(config).await?;
        let found = linli_territory::queries::district_by_division(&mut db.read().await?.conn(), DISTRICT).await?;
        let (district, place) = found.context("the district is gone")?;
        ensure!(district.0 == marks.district, "another district");
        Self::of(db, marks, place)
    }

    fn of(db: Db, marks: Marks, place: PlacePath) -> anyhow::Result<Self> {
        let district = DistrictId(marks.district);
        let acting = |(person, appointment): (Uuid, Uuid), role| {
            let scope = Scope { district, place: place.clone() };
            Ctx {
                actor: Actor::Staff { person, appointment, role, scope },
                channel: Channel::Api,
                ..Ctx::system("bench", Arc::new(SystemClock), Arc::new(SystemRng))
            }
        };
        let desk = Arc::new(BedDesk::new(book()?, Vault::new(&KEY, Arc::new(SystemRng)))?);
        Ok(Self {
            desk,
            district,
            hospital: InstitutionId(marks.hospital),
            icu: UnitId(marks.icu),
            manager: acting(marks.manager, Role::BedManager),
            doctor: acting(marks.doctor, Role::FamilyDoctor),
            db,
        })
    }
}
