//! The real router, with somebody at the door whose token names the role.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use linli_access::{Actor, Role, Scope};
use linli_hall::{Furnishing, Hall, Services, Signed};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::live::Live;
use linli_webkit::photo::Darkroom;
use linli_webkit::rate::RateLimits;
use linli_webkit::session::SessionPort;
use linli_webkit::{AppError, Site, Texts};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::House;

/// The token is the role, `@` and the number of the district.
struct AsTheTokenSays;

impl SessionPort for AsTheTokenSays {
    type Signed = Signed;
    async fn resolve(&self, token: &str) -> Result<Option<Signed>, AppError> {
        let Some((role, district)) = token.split_once('@') else { return Ok(None) };
        let (role, district): (Role, i64) = (role.parse().unwrap(), district.parse().unwrap());
        let scope = Scope { district: DistrictId(district), place: PlacePath::root() };
        let actor = Actor::Staff { person: Uuid::from_u128(1), appointment: Uuid::from_u128(2), role, scope };
        Ok(Some(Signed { actor, name: "王芳".into(), place: String::new() }))
    }
}

pub struct Door(Router);

impl Door {
    pub fn of(house: &House) -> Self {
        let texts = [linli_webkit::i18n::SHARED_TEXTS, linli_hall::TEXTS, linli_territory::TEXTS, linli_people::TEXTS];
        let texts = Arc::new(Texts::new(&texts).unwrap());
        let rooms = linli_webkit::House::of(vec![linli_people::module()]);
        let hall = Hall::furnish(Furnishing {
            db: house.db.clone(),
            clock: house.clock.clone(),
            rng: house.rng.clone(),
            live: Live::new(4),
            darkroom: Darkroom::new(1),
            limits: Arc::new(RateLimits::new(&[])),
            sessions: AsTheTokenSays,
            services: Services::default(),
            nav: rooms.nav.clone(),
            base_url: "https://linli.example".into(),
        });
        Self(linli_webkit::open(rooms.router, hall, Site::plain(texts, house.clock.clone(), house.rng.clone())).unwrap())
    }

    pub async fn get(&self, uri: &str, token: &str) -> (StatusCode, String) {
        let request = Request::get(uri).header("Cookie", format!("linli={token}")).body(Body::empty()).unwrap();
        let answer = self.0.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }
}
