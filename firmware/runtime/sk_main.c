#include "sk_board.h"
#include "sk_server.h"

int main(void)
{
    sk_board_init();
    sk_server_start();
    for (;;) {
        sk_server_feed(sk_board_receive());
    }
}
