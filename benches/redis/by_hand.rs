//! What one writes by hand: the value and the versions of its tags and prefix in one `MGET`, compared with those that the
//! value was stored with. It has no lease, and loses races; it is here for its time.

use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};

use crate::measure::{PATIENCE, User};

/// A connection, to be shared as ours is.
pub(crate) struct Hand {
    connection: MultiplexedConnection,
}

/// A value with what it depends on.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    versions: [u64; 3],
    user: User,
}

impl Hand {
    pub(crate) async fn connect(url: &str) -> Self {
        let client = Client::open(url).expect("a good URL");
        // As patient as ours: on a busy machine it would give up otherwise.
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
        let connection = client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = connection.expect("the server was just started");
        Self { connection }
    }

    pub(crate) fn connection(&self) -> MultiplexedConnection {
        self.connection.clone()
    }

    pub(crate) async fn load(&self, tenant: u32, team: u32, id: u64) -> User {
        let keys = [
            format!("hand:tenant:{tenant}|user:{id}"),
            "hand:tag:users".to_owned(),
            format!("hand:tag:team:{team}"),
            format!("hand:prefix:tenant:{tenant}"),
        ];
        let mut connection = self.connection.clone();
        let (blob, users, of_team, of_tenant): (Option<Vec<u8>>, Option<u64>, Option<u64>, Option<u64>) =
            redis::cmd("MGET").arg(&keys).query_async(&mut connection).await.expect("the server answers");
        if let (Some(blob), Some(users), Some(of_team), Some(of_tenant)) = (blob, users, of_team, of_tenant)
            && let Ok(stored) = rmp_serde::from_slice::<Stored>(&blob)
            && stored.versions == [users, of_team, of_tenant]
        {
            return stored.user;
        }
        self.store(keys, User { id, team: team + tenant }).await
    }

    async fn store(&self, [key, tags @ ..]: [String; 4], user: User) -> User {
        let mut connection = self.connection.clone();
        let mut commands = redis::pipe();
        for tag in tags {
            commands.cmd("SET").arg(tag).arg(1).ignore();
        }
        let stored = Stored { versions: [1; 3], user };
        let blob = rmp_serde::to_vec_named(&stored).expect("numbers can be written");
        commands.cmd("SET").arg(key).arg(blob).arg("EX").arg(3600).ignore();
        commands.query_async::<()>(&mut connection).await.expect("the server answers");
        stored.user
    }
}
