"""Interrupts are heard, also where the tests run as a background job: a shell has those ignore them."""

import signal
import threading

if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
