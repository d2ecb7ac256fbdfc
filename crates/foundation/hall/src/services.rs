//! What rooms offer each other without knowing each other: one value per type, put in once when the house is wired.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// One shared value per type. A trait object goes in as `Arc<dyn Port>`.
#[derive(Default)]
pub struct Services(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Services({})", self.0.len())
    }
}

impl Services {
    /// Adds a service; a later one of the same type replaces the earlier.
    #[must_use]
    pub fn with<T: Send + Sync + ?Sized + 'static>(mut self, service: Arc<T>) -> Self {
        self.0.insert(TypeId::of::<T>(), Box::new(service));
        self
    }

    /// The service of this type.
    #[must_use]
    pub fn get<T: Send + Sync + ?Sized + 'static>(&self) -> Option<Arc<T>> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref::<Arc<T>>().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    trait Port: Send + Sync {
        fn word(&self) -> &'static str;
    }
    struct Room;
    impl Port for Room {
        fn word(&self) -> &'static str {
            "room"
        }
    }

    #[test]
    fn a_port_is_found_by_its_type() {
        let port: Arc<dyn Port> = Arc::new(Room);
        let services = Services::default().with(port);
        assert_eq!(services.get::<dyn Port>().map(|p| p.word()), Some("room"));
        assert!(services.get::<String>().is_none());
    }
}
