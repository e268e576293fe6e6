"""OpenStack Swift with its S3 API in one process, for tests: a real S3 server that checks signatures.

Takes a folder for its data as argument, prints its port, ends when its standard input does.
"""
import eventlet
eventlet.monkey_patch()

import logging
import os
import sys
from eventlet import wsgi
from swift.common import utils, wsgi as swift_wsgi
from swift.common.ring import RingBuilder

root = sys.argv[1]
user, password = 'test:tester', 'testing'


def write(name, text):
    path = os.path.join(root, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


# Every server binds first, so that the rings know true ports.
names = ('account', 'container', 'object')
sockets = {name: eventlet.listen(('127.0.0.1', 0)) for name in names + ('proxy',)}
port = {name: socket.getsockname()[1] for name, socket in sockets.items()}

os.makedirs(os.path.join(root, 'devices', 'd'))
write('swift.conf', '''[swift-hash]
swift_hash_path_suffix = test
swift_hash_path_prefix = test
[storage-policy:0]
name = only
default = yes
''')
for name in names:
    ring = RingBuilder(4, 1, 0)
    ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'ip': '127.0.0.1', 'port': port[name],
                  'device': 'd', 'replication_ip': '127.0.0.1', 'replication_port': port[name]})
    ring.rebalance()
    ring.get_ring().save(os.path.join(root, name + '.ring.gz'))
    # Without replicas and updaters beside it, a listing need not be brought up to date later.
    write(name + '.conf', f'''[DEFAULT]
swift_dir = {root}
devices = {root}/devices
mount_check = false
fallocate_reserve = 0
log_level = CRITICAL
[app:main]
use = egg:swift#{name}
''')
write('proxy.conf', f'''[DEFAULT]
swift_dir = {root}
log_level = CRITICAL
[pipeline:main]
pipeline = catch_errors gatekeeper memory s3api tempauth copy slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
strict_cors_mode = false
account_autocreate = true
[filter:memory]
paste.filter_factory = __main__:memory
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
dns_compliant_bucket_names = yes
cors_preflight_allow_origin = *
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {password} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
''')


class Memory:
    """What memcached would hold, for one process."""

    def __init__(self):
        self.held = {}

    def get(self, key, **_):
        return self.held.get(key)

    def set(self, key, value, **_):
        self.held[key] = value

    def delete(self, key, **_):
        self.held.pop(key, None)

    def incr(self, key, delta=1, **_):
        self.held[key] = self.held.get(key, 0) + delta
        return self.held[key]


def memory(_conf, **_more):
    cache = Memory()

    def with_memory(app):
        def call(env, start_response):
            env['swift.cache'] = cache
            return app(env, start_response)
        return call
    return with_memory


utils.set_swift_dir(root)
logging.disable(logging.CRITICAL)
silent = type('Silent', (), {'write': lambda *_: None, 'debug': lambda *_: None, 'info': lambda *_: None})()
for name, socket in sockets.items():
    app = swift_wsgi.loadapp(os.path.join(root, name + '.conf'), global_conf={'log_name': name})
    eventlet.spawn(wsgi.server, socket, app, log=silent, protocol=swift_wsgi.SwiftHttpProtocol)
print(port['proxy'], flush=True)
while True:
    eventlet.hubs.trampoline(0, read=True)
    if not os.read(0, 1):
        os._exit(0)
