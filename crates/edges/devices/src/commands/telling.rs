//! What hears whom, told to the watch: by what is mapped, and by what is heard.

use linli_access::Ctx;
use linli_db::{Conn, Db};
use linli_kernel::DistrictId;
use linli_watch::SignKinds;
use uuid::Uuid;

use super::{BATCH, flush};
use crate::devices::Devices;
use crate::door::{Ears, Person};
use crate::error::DevicesError;
use crate::model::DeviceKind;
use crate::payload::kind_of;
use crate::store::news;

/// Writes down what was heard, and tells the watch at once what is news by it, in every district: whoever is heard for the first time does not wait for
/// the next look.
///
/// # Errors
/// Those of the door; store errors.
pub async fn tell_news(ctx: &Ctx, db: &Db, devices: &Devices) -> Result<(), DevicesError> {
    flush(ctx, db, devices).await?;
    for district in news::districts(&mut db.read().await?.conn()).await? {
        tell(ctx, db, devices, district).await?;
    }
    Ok(())
}

/// Tells the watch what hears those of a district of whom that has changed. Told again after a crash between the two, it changes nothing.
///
/// # Errors
/// Those of the door; store errors.
pub async fn tell(ctx: &Ctx, db: &Db, devices: &Devices, district: DistrictId) -> Result<(), DevicesError> {
    loop {
        let (waiting, ears) = {
            let mut read = db.read().await?;
            let c = &mut read.conn();
            let waiting = news::waiting(c, district, BATCH).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            let faces = devices.gate().door().faces(c, district).await?;
            let mut ears = Vec::with_capacity(waiting.len());
            for (id, _) in &waiting {
                ears.push(ears_of(c, Person { district, id: *id }, faces.contains(id)).await?);
            }
            (waiting, ears)
        };
        devices.gate().door().heard_by(&ears).await?;
        let mut tx = db.begin(district).await?;
        let c = &mut tx.conn()?;
        for told in waiting {
            news::told(c, district, told).await?;
        }
        let (heard, unheard): (Vec<&Ears>, Vec<&Ears>) =
            ears.iter().partition(|ears| ears.mapped.is_empty() || !ears.living.is_empty());
        let ids = |some: Vec<&Ears>| some.into_iter().map(|ears| ears.person.id).collect::<Vec<Uuid>>();
        news::told_heard(c, district, &ids(heard)).await?;
        news::told_unheard(c, district, &ids(unheard), ctx.now()).await?;
        tx.commit().await?;
    }
}

/// What hears somebody. A camera that knows faces hears only whoever agreed to that.
async fn ears_of(c: &mut Conn<'_>, person: Person, faces: bool) -> Result<Ears, DevicesError> {
    let mut ears = Ears { person, mapped: SignKinds::NONE, living: SignKinds::NONE };
    for (kind, means, living) in news::devices_of(c, person).await? {
        let (Ok(kind), Some(means)) = (kind.parse::<DeviceKind>(), kind_of(means.as_bytes())) else { continue };
        if kind.knows_faces() && !faces {
            continue;
        }
        let brings = kind.brings(means);
        ears.mapped = ears.mapped.and(brings);
        ears.living = if living { ears.living.and(brings) } else { ears.living };
    }
    Ok(ears)
}
