//! kore-emulator: that it answers as the platform does, as far as that is known.

mod strict;
