//! What is asked of the public log.

use linli_record::{commands, queries};
use uuid::Uuid;

use super::super::world::{Ground, World};
use super::{About, Ask};

/// What to ask of a route of the public log about a place: everybody may ask all of it.
pub(super) async fn ask(route: &str, path: &str, world: &World, at: &Ground) -> Option<(About, Ask)> {
    use About::List;
    let of_log = |rest: &str| format!("/log/{}{rest}", at.district);
    Some(match route {
        "GET /log" => (List, Ask::get(path)),
        "GET /log/{log}" | "GET /log/{log}/checkpoint" | "GET /log/{log}/key" => {
            published(world, at).await;
            (List, Ask::get(path.replace("{log}", &at.district.to_string())))
        }
        "POST /log/{log}/compare" => {
            published(world, at).await;
            (List, Ask::form(of_log("/compare"), &[("checkpoint", "")]))
        }
        "GET /log/{log}/checkpoint/{size}" => (List, Ask::get(of_log("/checkpoint/0"))),
        "GET /log/{log}/tile/{*path}" => {
            published(world, at).await;
            (List, Ask::get(of_log("/tile/0/000.p/1")))
        }
        "GET /log/{log}/consistency/{from}" => {
            published(world, at).await;
            (List, Ask::get(of_log("/consistency/1")))
        }
        _ if path.starts_with("/log/{log}/e/{entry}") => {
            let entry = published(world, at).await;
            (List, Ask::get(path.replace("{log}", &at.district.to_string()).replace("{entry}", &entry)))
        }
        _ => return super::council::ask(route, path, world, at).await,
    })
}

/// A notice that was published at a place and has its number: the id of its entry.
async fn published(world: &World, at: &Ground) -> String {
    let notice: Uuid = world.notice(at).await.parse().unwrap();
    commands::seal_all(&world.ctx(), &world.db, &world.built.keeper).await.unwrap();
    let standing = queries::standing(&mut world.db.read().await.unwrap().conn(), at.district, notice).await.unwrap().unwrap();
    assert!(standing.number.is_some());
    standing.entry.to_string()
}
